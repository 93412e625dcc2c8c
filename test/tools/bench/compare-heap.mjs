/** Heap per connected stream, beside the same connection without us. */

import { ask, startChild, stopChild } from './children.mjs';
import { idleConnections } from './idle-connections.mjs';
import { shuffled, summary } from './statistics.mjs';

export async function compareHeap({ origin, rounds, connections, progress }) {
  const names = Object.keys(idleConnections);
  const bytes = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const kind of shuffled(names)) {
      progress(`heap: round ${round} of ${rounds}, ${idleConnections[kind].title}`);
      bytes[kind].push(await heapOf(kind, origin, connections));
    }
  }
  const results = names.map((name) => [
    name,
    { title: idleConnections[name].title, bytes: summary(bytes[name]) },
  ]);
  const kinds = Object.fromEntries(results);
  const layerBytes = kinds.stream.bytes.median - kinds.parser.bytes.median;
  const aboveSourceBytes = kinds.stream.bytes.median - kinds.source.bytes.median;
  return { connections, rounds, kinds, layerBytes, aboveSourceBytes };
}

/** In a new process each: no garbage and no code but its own. */
async function heapOf(kind, origin, connections) {
  const worker = startChild('worker.mjs');
  const { bytes } = await ask(worker, { measure: 'heap', kind, origin, connections });
  await stopChild(worker);
  return bytes;
}
