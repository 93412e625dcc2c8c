/** Shows actors of XState 5 in `@xstate/inspect` 0.8, which supports XState 4 only. */

import type { AnyActorRef, InspectionEvent } from 'xstate';
import { definitionOf } from '../collect/definition.js';
import { toLegacyDefinition } from './definition.js';
import { legacyService } from './service.js';
import type { LegacyService, LegacyServiceHandle } from './service.js';
import type { PlainOptions } from '../collect/to-plain-json.js';

/** The object through which `@xstate/inspect` registers services. */
export interface LegacyDevTools {
  register(service: LegacyService): void;
}

export interface LegacyInspectorOptions extends PlainOptions {
  /** The object that was passed to `inspect({ devTools })`. @default globalThis.__xstate__, which `inspect()` sets */
  devTools?: LegacyDevTools | undefined;
}

/**
 * Returns an inspector for `reconnectStream` or XState's `createActor`. Call `inspect()` of `@xstate/inspect`
 * first; actors that start before it are not shown. Its viewer can send a stream the commands, and another actor the
 * events that its machine handles.
 */
export function legacyInspector(
  options: LegacyInspectorOptions = {},
): (event: InspectionEvent) => void {
  const handles = new WeakMap<object, LegacyServiceHandle | null>();
  return (inspected) => {
    try {
      pass(inspected);
    } catch {
      // XState calls this in the middle of a step: a throw would stop the actor.
    }
  };

  function pass(inspected: InspectionEvent): void {
    if (inspected.type === '@xstate.event') {
      const isNew = !handles.has(inspected.actorRef);
      // At its first event, not when it is created: then it has no state yet.
      const handle = isNew
        ? enlist(inspected.actorRef as AnyActorRef)
        : handles.get(inspected.actorRef);
      // The first event is part of the registration itself.
      if (!isNew) handle?.report(inspected.event);
    } else if (inspected.type === '@xstate.snapshot') {
      const handle = handles.get(inspected.actorRef);
      handle?.update(inspected.event, inspected.snapshot);
      if (inspected.snapshot.status !== 'active') handle?.stop();
    }
  }

  function enlist(actor: AnyActorRef): void {
    const definition = definitionOf((actor as { logic?: unknown }).logic);
    const devTools = options.devTools ?? (globalThis as { __xstate__?: LegacyDevTools }).__xstate__;
    const handle =
      definition === null || devTools === undefined
        ? null
        : legacyService(actor, toLegacyDefinition(JSON.parse(definition) as object), options);
    handles.set(actor, handle);
    if (handle !== null) devTools?.register(handle.service);
  }
}
