/** The store of events that a server of the Model Context Protocol needs to resume. */

import type { EventStore } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** Keeps the order, and knows which stream an event belongs to. */
export function orderedStore(): EventStore {
  const log: { id: string; stream: string; message: JSONRPCMessage }[] = [];
  return {
    storeEvent: (stream, message) => {
      // Of one length, so that answers are, too.
      const id = `${stream}:${String(log.length).padStart(6, '0')}`;
      log.push({ id, stream, message });
      return Promise.resolve(id);
    },
    getStreamIdForEventId: (id) => Promise.resolve(log.find((one) => one.id === id)?.stream),
    async replayEventsAfter(last, { send }) {
      const at = log.findIndex(({ id }) => id === last);
      const stream = log[at]?.stream ?? '';
      for (const one of log.slice(at + 1))
        if (one.stream === stream) await send(one.id, one.message);
      return stream;
    },
  };
}
