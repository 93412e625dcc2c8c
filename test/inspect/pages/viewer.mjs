/** A viewer of our own for `@xstate/inspect` 0.8: keeps what it is sent, and can send. */

import { createWindowReceiver } from 'stream-reconnect-xstate4/pages.mjs';

const seen = { registered: [], events: [], states: [], stopped: [] };
const receiver = createWindowReceiver();
receiver.subscribe((event) => {
  // The machine and the state have been through XState 4 here.
  if (event.type === 'service.register')
    seen.registered.push({
      sessionId: event.sessionId,
      id: event.machine.id,
      states: Object.keys(event.machine.states).toSorted(),
      value: event.state.value,
      next: event.machine.transition('connecting', 'done.invoke.open').value,
    });
  else if (event.type === 'service.event') seen.events.push(event.event.name);
  else if (event.type === 'service.state') seen.states.push(event.state.value);
  else if (event.type === 'service.stop') seen.stopped.push(event.sessionId);
});

Object.assign(globalThis, {
  seen,
  tell: (service, type) =>
    receiver.send({
      type: 'xstate.event',
      event: JSON.stringify({ name: type, data: { type }, $$type: 'scxml', origin: service }),
      service,
    }),
});
