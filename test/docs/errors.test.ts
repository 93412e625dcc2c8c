/** The table of docs/errors.md is the one by which the package decides. */

import { describe, expect, it } from 'vitest';

import { ERROR_KINDS, isFatalKind } from '../../machines/error-kinds.js';
import type { KindRule } from '../../machines/error-kinds.js';
import { ReconnectError } from '../../src/index.js';
import type { ReconnectErrorKind } from '../../src/index.js';
import { inState, onVirtualClock } from '../support/facts.js';
import { documented, UPDATE } from '../support/documented.js';
import { scriptedSource } from '../../src/testing/index.js';

const WORDS: Readonly<Record<KindRule['again'], string>> = {
  yes: 'yes',
  never: 'never',
  'by-status': 'by status',
  'by-place': 'by place',
  'from-the-start': 'yes, from the start',
};

describe('docs/errors.md', () => {
  it('shows the kinds as the package decides by them', () => {
    const rows = Object.entries(ERROR_KINDS).map(
      ([kind, { again, why }]) => `| \`${kind}\` | ${WORDS[again]} | ${why} |`,
    );
    const table = ['| kind | another attempt? | why |', '| --- | --- | --- |', ...rows].join('\n');
    expect(documented('errors.md', 'kinds', table), UPDATE).toBe(table);
  });
});

describe('an error of the kind', () => {
  it.each(Object.keys(ERROR_KINDS) as ReconnectErrorKind[])(
    '%s that open() throws is followed by another attempt as the table says',
    async (kind) => {
      const refuses = new ReconnectError(kind, 'as scripted');
      const { stream, clock } = onVirtualClock(scriptedSource({ script: () => ({ refuses }) }));
      stream.start();
      await clock.settle();
      const { again } = ERROR_KINDS[kind];
      const ends = again === 'never' || again === 'by-status';
      expect(stream.state).toBe(ends ? 'failed' : 'waiting');
      stream.close();
      await inState(stream, 'closed');
    },
  );
});

describe('an HTTP status', () => {
  it.each([100, 200, 299, 304, 400, 404, 409, 499, 600, 700, 1000])('%i is final', (status) => {
    expect(isFatalKind({ kind: 'http', status })).toBe(true);
  });

  it.each([408, 425, 429, 500, 503, 529, 599])('%i passes', (status) => {
    expect(isFatalKind({ kind: 'http', status })).toBe(false);
  });
});
