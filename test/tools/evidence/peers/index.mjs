/** Which file knows which client. Only that one is loaded: the others are not to cost anything. */

const FAMILIES = [
  [['ours'], () => import('./ours.mjs')],
  [
    ['eventSource', 'eventsourceClient', 'fetchEventSource', 'eventSourcePlus'],
    () => import('./event-sources.mjs'),
  ],
  [['partysocket', 'reconnectingWebsocket'], () => import('./web-sockets.mjs')],
  [['durableStreams', 'mcp', 'tanstack'], () => import('./logs.mjs')],
];

/** All others are SDKs of models. */
export async function driverOf(client) {
  const family = FAMILIES.find(([clients]) => clients.includes(client));
  const { drivers } = await (family === undefined ? import('./models.mjs') : family[1]());
  return drivers[client];
}
