/** What a viewer may send an actor, and how it is sent. */

import type { AnyActorRef } from 'xstate';
import { inspectedStreams } from '../../stream/inspected-streams.js';
import { COMMANDS } from './protocol.js';
import type { Command, ShownEvent } from './protocol.js';

/**
 * Sends an actor the event of a viewer. Returns the reason if it cannot.
 *
 * A stream receives its commands only: an invented report of its transport would make its counts
 * wrong. Another actor receives every event that its machine handles by name.
 */
export function sendCommand(actor: AnyActorRef, event: ShownEvent): string | null {
  // A viewer may send anything, whatever the type says.
  const type: unknown = event.type;
  if (typeof type !== 'string' || type === '' || type === '*') return 'an event has a type';
  if (/^(xstate\.|@xstate)/u.test(type)) return 'events of XState itself cannot be sent';
  const stream = inspectedStreams.get(actor);
  if (stream === undefined) {
    if (!knows(actor, type)) return 'the machine of this actor has no such event';
    actor.send(event);
    return null;
  }
  if (!isCommand(type)) return `a stream takes these commands: ${COMMANDS.join(', ')}`;
  const reason = typeof event['reason'] === 'string' ? event['reason'].slice(0, 200) : undefined;
  switch (type) {
    case 'connect':
      stream.start();
      break;
    case 'retryNow':
      stream.retryNow();
      break;
    case 'pause':
      stream.pause(reason);
      break;
    case 'resume':
      stream.resume(reason);
      break;
    case 'close':
      stream.close();
      break;
    case 'cancel':
      void stream.cancel(reason);
      break;
    case 'reset':
      actor.send({ type });
      break;
  }
  return null;
}

function isCommand(type: string): type is Command {
  return (COMMANDS as readonly string[]).includes(type);
}

function knows(actor: AnyActorRef, type: string): boolean {
  const { logic } = actor as { logic?: { events?: readonly string[] } };
  // Actors made from a function do not list the events that they handle.
  return logic?.events === undefined || logic.events.some((known) => isMatch(known, type));
}

/** Matches an event as XState does: a name, all names below one (`mouse.*`), or all. */
function isMatch(known: string, type: string): boolean {
  if (known === type || known === '*') return true;
  const above = known.endsWith('.*') ? known.slice(0, -2) : null;
  return above !== null && (type === above || type.startsWith(`${above}.`));
}
