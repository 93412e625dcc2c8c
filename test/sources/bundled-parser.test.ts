/** The parser that the build bundles reads as the package does that it is made of. */

import { readFileSync } from 'node:fs';

import { beforeAll, expect, it } from 'vitest';

import { createEventStreamParser } from '../../src/sources/sse/event-stream-parser.js';
import { ensureBuilt } from '../support/built.js';

type CreateParser = typeof createEventStreamParser;

const built = new URL('../../dist/src/sources/sse/event-stream-parser.js', import.meta.url);
const cases = JSON.parse(
  readFileSync(new URL('../fixtures/sse-cases.json', import.meta.url), 'utf8'),
) as readonly { readonly wire?: string }[];
/** The others are given as bytes: decoding them is not the parser's part. */
const wires = cases.flatMap(({ wire }) => wire ?? []);

let bundled: CreateParser;

beforeAll(async () => {
  ensureBuilt();
  const module = (await import(built.href)) as { createEventStreamParser: CreateParser };
  bundled = module.createEventStreamParser;
}, 300_000);

it.each([1, 3, Infinity])('in pieces of %d characters', (size) => {
  expect(bundled).not.toBe(createEventStreamParser);
  const read = (create: CreateParser): unknown[] => wires.map((wire) => log(create, wire, size));
  expect(read(bundled)).toEqual(read(createEventStreamParser));
  expect(read(bundled).flat()).not.toEqual([]);
});

function log(create: CreateParser, wire: string, size: number): unknown[] {
  const seen: unknown[] = [];
  const parser = create({
    onEvent: (message) => seen.push({ ...message }),
    onId: (id) => seen.push(id),
    onRetry: (ms) => seen.push(ms),
  });
  for (let at = 0; at < wire.length; at += size) parser.feed(wire.slice(at, at + size));
  return seen;
}
