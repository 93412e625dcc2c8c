/** All clients by name. What they need is loaded when they run. */

import { eventSources } from './event-sources.mjs';
import { logs } from './logs.mjs';
import { models } from './models.mjs';
import { ours } from './ours.mjs';
import { webSockets } from './web-sockets.mjs';

export const DRIVERS = { ours, ...eventSources, ...webSockets, ...logs, ...models };
