/** Entry `stream-reconnect/inspect` outside of Node: the same exports, without a server. */

import { ReconnectError } from '../../machines/errors.js';
import type { InspectorServer } from './server/inspector-server.types.js';

export { legacyInspector } from './legacy/legacy.js';
export { sanitize } from './sanitize.js';

/** @throws ReconnectError kind `usage`: a page cannot listen. */
export function inspectorServer(): Promise<InspectorServer> {
  const why =
    'inspectorServer() needs Node: in a page use the inspectors that docs/inspect.md names';
  return Promise.reject(new ReconnectError('usage', why));
}
