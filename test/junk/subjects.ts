/** The sources that are tried, each with all places at which code of the caller runs. A new one is tried by being listed. */

import type { Subject } from './cell.js';
import { httpSources } from './http-sources.js';
import { iterableSource } from './iterable-source.js';
import { ownSource } from './own-source.js';
import { manyFromSocket, socketSource } from './socket-source.js';

export const SUBJECTS: readonly Subject[] = [
  ownSource,
  iterableSource,
  socketSource,
  manyFromSocket,
  ...httpSources,
];
