/** What an error of a source of one's own means. */

import { describe, expect, it } from 'vitest';
import { ReconnectError } from '../../src/index.js';
import { inState, onVirtualClock } from '../support/facts.js';
import { scriptedSource } from '../../src/testing/index.js';

describe('an error that open() throws', () => {
  it.each([
    ['waiting', 'HTTP 503', new ReconnectError('http', 'busy', { status: 503 })],
    ['waiting', 'HTTP 429', new ReconnectError('http', 'slow down', { status: 429 })],
    ['failed', 'HTTP 404', new ReconnectError('http', 'gone', { status: 404 })],
    ['failed', 'HTTP 404', new ReconnectError('http', 'without a status')],
    ['waiting', 'a reset', Object.assign(new Error('x'), { code: 'ECONNRESET' })],
    ['failed', 'a peer without TLS', Object.assign(new Error('x'), { code: 'EPROTO' })],
    ['waiting', 'TLS', Object.assign(new Error('x'), { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' })],
    ['failed', 'a certificate', Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' })],
  ] as const)('leads to %s after %s', async (state, _, refuses) => {
    const { stream, clock } = onVirtualClock(scriptedSource({ script: () => ({ refuses }) }));
    stream.start();
    await clock.settle();
    expect(stream.state).toBe(state);
    stream.close();
    await inState(stream, 'closed');
  });
});
