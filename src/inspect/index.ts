/** Entry `stream-reconnect/inspect`, for Node. */

export { legacyInspector } from './legacy/legacy.js';
export type { LegacyDevTools, LegacyInspectorOptions } from './legacy/legacy.js';
export type { LegacyEvent, LegacyService, LegacyState } from './legacy/service.js';
export type { InspectorServer } from './server/inspector-server.types.js';
export type { Plain, PlainObject } from './collect/to-plain-json.js';
export { sanitize } from './sanitize.js';
export type { Sanitize } from './sanitize.js';
export { inspectorServer } from './server/inspector-server.js';
export type { InspectorServerOptions } from './server/options.js';
