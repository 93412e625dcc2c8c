/** What docs/lifecycle.md draws and tabulates is what the machine does. */

import { describe, expect, it } from 'vitest';

import { reconnectStream } from '../../src/index.js';
import type { ReconnectingStream } from '../../src/index.js';
import { commandTable, diagram } from '../support/diagram.js';
import { documented, UPDATE } from '../support/documented.js';
import { onVirtualClock, read } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';
import type { ScriptedSource } from '../../src/testing/index.js';
import { bare } from '../support/numbered-log.js';

const FILE = 'lifecycle.md';

describe('docs/lifecycle.md', () => {
  it('shows the statechart as the machine has it', () => {
    const block = `\`\`\`mermaid\n${diagram()}\n\`\`\``;
    expect(documented(FILE, 'diagram', block), UPDATE).toBe(block);
  });

  it('says what every command does in every state', () => {
    const table = commandTable();
    expect(documented(FILE, 'commands', table), UPDATE).toBe(table);
  });

  it.each([
    ['connect', 'idle', 'failed'],
    ['retryNow', 'idle', 'failed'],
    ['resume', 'paused', 'failed'],
    ['retryNow', 'paused', 'failed'],
    ['retryNow', 'connected', 'connected'],
    ['retryNow', 'failed', 'connecting'],
  ] as const)(
    'is right that %s in %s leads to %s where the source may not be asked again',
    async (command, state, result) => {
      const stream = await inMidStream(state);
      expect(stream.state).toBe(state);
      if (command === 'connect') stream.start();
      else stream[command]();
      expect(stream.state).toBe(result);
      stream.close();
    },
  );
});

/** A stream whose work would run again, with one item received. */
async function inMidStream(
  state: 'idle' | 'paused' | 'connected' | 'failed',
): Promise<ReconnectingStream<number>> {
  const { stream, clock } = onVirtualClock(unrepeatable());
  read(stream);
  await clock.settle();
  if (state === 'connected') return stream;
  if (state === 'idle') return reconnectStream(unrepeatable(), { checkpoint: stream.checkpoint() });
  stream.pause();
  if (state === 'failed') stream.resume();
  return stream;
}

function unrepeatable(): ScriptedSource<number> {
  return scriptedSource({
    resume: 'none',
    reopen: 'restarts-work',
    script: () => [[bare(1)]],
  });
}
