/** What the page takes up after a reload, from a storage in which anything may be by then. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import {
  recall,
  recallChoices,
  remember,
  rememberChoices,
} from '../../../docs/playground/memory.js';
import { DEFAULT_SETTINGS } from '../../../docs/playground/settings.js';

let stored: Map<string, string>;

beforeEach(() => {
  stored = new Map();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => stored.set(key, text),
    removeItem: (key: string) => stored.delete(key),
  });
});
afterEach(() => vi.unstubAllGlobals());

const GOOD = {
  run: 'x',
  of: 473,
  checkpoint: { version: 1 },
  records: [
    { id: '1', data: '{"delta":"When"}' },
    { id: '2', data: '{"tool":{"id":"call_1","name":"trace"}}' },
  ],
  settings: DEFAULT_SETTINGS,
  resumes: 0,
};

it('takes up what was remembered', () => {
  expect(recall()).toBeNull();
  remember(GOOD);
  expect(recall()).toEqual(GOOD);
});

it.each([
  { checkpoint: null },
  { records: 'abc' },
  { records: null },
  { records: [null] },
  { records: [{ id: '1', data: '{' }] },
  { records: [{ id: '1', data: 'null' }] },
  { records: [{ id: '1', data: '{}' }] },
  { records: [{ id: '1', data: '{"delta":7}' }] },
  { records: [{ id: 'first', data: '{"delta":"When"}' }] },
  { records: [{ id: '1', data: { delta: 'When' } }] },
  { settings: null },
  { settings: { ...DEFAULT_SETTINGS, maxAttempts: 'many' } },
  { settings: { ...DEFAULT_SETTINGS, jitter: null } },
  { of: '473' },
  { resumes: -1 },
  { run: 7 },
])('takes up nothing where a part is damaged: %j', (damage) => {
  const [key = ''] = (remember(GOOD), stored.keys());
  stored.set(key, JSON.stringify({ ...GOOD, ...damage }));
  expect(recall()).toBeNull();
});

it.each(['', '{', '[]', '7', '"x"'])('takes up nothing from %j', (text) => {
  const [key = ''] = (remember(GOOD), stored.keys());
  stored.set(key, text);
  expect(recall()).toBeNull();
});

it('takes up each choice that is one', () => {
  expect(recallChoices()).toEqual({});
  rememberChoices({ sample: 'hostile', paceMs: 12 });
  expect(recallChoices()).toEqual({ sample: 'hostile', paceMs: 12 });
  rememberChoices({ sample: 'poem', paceMs: 90 });
  expect(recallChoices()).toEqual({ paceMs: 90 });
  rememberChoices({ sample: 'prose', paceMs: -1 });
  expect(recallChoices()).toEqual({ sample: 'prose' });
});

it('goes without a storage that is forbidden', () => {
  vi.stubGlobal('sessionStorage', undefined);
  remember(GOOD);
  rememberChoices({ sample: 'prose', paceMs: 12 });
  expect([recall(), recallChoices()]).toEqual([null, {}]);
});
