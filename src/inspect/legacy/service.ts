/** A running XState 5 actor with the interface of an XState 4 service, for `@xstate/inspect`. */

import type { AnyActorRef } from 'xstate';
import { sendCommand } from '../collect/command.js';
import { shownEvent, shownSnapshot } from '../collect/log-entries.js';
import { fieldOf, plainText, toPlain } from '../collect/to-plain-json.js';
import type { Plain, PlainOptions } from '../collect/to-plain-json.js';
import { legacyEventType } from './definition.js';

/** The part of a service that `@xstate/inspect` 0.8 uses. It replaces `send` by one that reports first. */
export interface LegacyService {
  readonly sessionId: string;
  readonly id: string;
  readonly parent: { readonly sessionId: string } | undefined;
  readonly machine: { readonly definition: object; toJSON(): object };
  readonly initialState: LegacyState;
  state: LegacyState;
  send: (event: LegacyEvent | { readonly type: string }) => void;
  subscribe(listener: (state: LegacyState) => void): { unsubscribe(): void };
  onStop(listener: () => void): LegacyService;
}

/** An event in its envelope. */
export interface LegacyEvent {
  readonly name: string;
  readonly data: { readonly type: string } & Readonly<Record<string, Plain>>;
  readonly $$type: 'scxml';
  readonly type: 'external';
  readonly origin?: string;
}

export interface LegacyState {
  readonly value: Plain;
  readonly context: Plain;
  readonly event: object;
  readonly _event: LegacyEvent;
  readonly [field: string]: unknown;
}

export interface LegacyServiceHandle {
  readonly service: LegacyService;
  /** An event reached the actor. */
  report(event: object): void;
  /** The actor took a step. */
  update(event: object, snapshot: object): void;
  stop(): void;
}

export function legacyService(
  actor: AnyActorRef,
  definition: object,
  options: PlainOptions,
): LegacyServiceHandle {
  const listeners = new Set<(state: LegacyState) => void>();
  const stopListeners = new Set<() => void>();
  /** An event is being reported: it has happened already and must not be sent again. */
  let isReporting = false;
  /** An event of the viewer is being sent: it was reported when it came. */
  let isDelivering = false;
  let isOver = false;
  const first = stateOf({ type: 'xstate.init' }, actor.getSnapshot() as object, options);
  const service: LegacyService = {
    sessionId: actor.sessionId,
    id: plainText(actor.id),
    parent: actor._parent === undefined ? undefined : { sessionId: actor._parent.sessionId },
    machine: { definition, toJSON: () => definition },
    initialState: first,
    state: first,
    send(event) {
      if (isReporting || isOver) return;
      const { type, ...rest } = 'data' in event ? { ...event.data } : event;
      if (/^(xstate\.|done\.|error\.)/u.test(type)) return;
      isDelivering = true;
      try {
        sendCommand(actor, { ...rest, type });
      } finally {
        isDelivering = false;
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return { unsubscribe: () => void listeners.delete(listener) };
    },
    onStop(listener) {
      stopListeners.add(listener);
      return service;
    },
  };
  return {
    service,
    report(event) {
      // The first event that follows is the viewer's own; events that it causes are not.
      const isKnown = isDelivering;
      isDelivering = false;
      if (isKnown || isOver) return;
      isReporting = true;
      try {
        service.send(envelope(event, options));
      } finally {
        isReporting = false;
      }
    },
    update(event, snapshot) {
      service.state = stateOf(event, snapshot, options);
      for (const listener of listeners) listener(service.state);
    },
    stop() {
      if (isOver) return;
      isOver = true;
      for (const listener of stopListeners) listener();
    },
  };
}

function stateOf(event: object, snapshot: object, options: PlainOptions): LegacyState {
  const { value, context, status } = shownSnapshot(snapshot, options);
  const tags = fieldOf(snapshot, 'tags');
  const _event = envelope(event, options);
  return {
    value,
    context,
    event: _event.data,
    _event,
    _sessionid: null,
    historyValue: undefined,
    history: undefined,
    actions: [],
    activities: {},
    meta: {},
    events: [],
    configuration: [],
    transitions: [],
    children: {},
    done: status === 'done',
    changed: true,
    tags: tags instanceof Set ? toPlain(tags) : [],
  };
}

function envelope(event: object, options: PlainOptions): LegacyEvent {
  const data = shownEvent(event, options);
  const name = legacyEventType(data.type);
  return { name, data: { ...data, type: name }, $$type: 'scxml', type: 'external' };
}
