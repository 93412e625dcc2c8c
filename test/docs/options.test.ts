/** docs/options.md has every option, and no other. */

import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { reconnectStream } from '../../src/index.js';
import type { ReconnectOptions } from '../../src/index.js';
import { scriptedSource } from '../../src/testing/index.js';

describe('docs/options.md', () => {
  it('lists exactly the options that reconnectStream takes', () => {
    const text = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8');
    const [, section = ''] = /## Options of `reconnectStream`\n([\s\S]*?)\n## /.exec(text) ?? [];
    const listed = Array.from(section.matchAll(/^\| `(\w+)` \|/gm), ([, name = '']) => name);
    expect(listed.sort()).toEqual(knownOptions().sort());
  });
});

/** The names that the error for an unknown option lists. */
function knownOptions(): string[] {
  try {
    reconnectStream(scriptedSource(), { noSuchOption: 1 } as ReconnectOptions);
  } catch (error) {
    const [, names] = /The options are (.+)\.$/.exec((error as Error).message) ?? [];
    if (names !== undefined) return names.split(', ');
  }
  throw new Error('an unknown option was not refused with the list of the known ones');
}
