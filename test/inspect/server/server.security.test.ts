/** The inspector's server and those it was not made for: foreign pages, rebound names, bad input. */

import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reconnectStream } from '../../../src/index.js';
import type { ReconnectingStream } from '../../../src/index.js';
import { inspectorServer } from '../../../src/inspect/index.js';
import type { InspectorServer } from '../../../src/inspect/index.js';
import { ask, openClient, tokenOf } from '../../support/inspect-client.js';
import type { Asked } from '../../support/inspect-client.js';
import { scriptedSource } from '../../../src/testing/index.js';

let inspector: InspectorServer;
let stream: ReconnectingStream<number>;
let origin = '';
let port = '';
let withToken: Record<string, string> = {};

beforeEach(async () => {
  inspector = await inspectorServer({ maxViewers: 2 });
  ({ origin, port } = new URL(inspector.url));
  withToken = { authorization: `Bearer ${tokenOf(inspector.url)}` };
  stream = reconnectStream(scriptedSource<number>(), { inspect: inspector.inspect });
  stream.start();
});

afterEach(async () => {
  stream.close();
  await inspector.close();
});

/** A command that works, but for what a test changes about it. */
function pause(changes: Asked = {}): ReturnType<typeof ask> {
  return ask(`${origin}/command`, {
    method: 'POST',
    body: JSON.stringify({ sessionId: stream.actor.sessionId, event: { type: 'pause' } }),
    ...changes,
    headers: { ...withToken, 'content-type': 'application/json', ...changes.headers },
  });
}

it('takes the command that all others here differ from', async () => {
  expect((await pause()).status).toBe(204);
  expect(stream.state).toBe('paused');
});

describe('another name', () => {
  it.each([
    'evil.test',
    '127.0.0.1',
    '127.0.0.1:1',
    '127.0.0.1.evil.test:PORT',
    'LOCALHOST.:PORT',
    '[::1]:PORT',
    '0.0.0.0:PORT',
  ])('is answered 421: %s', async (name) => {
    const host = name.replace('PORT', port);
    for (const path of ['/', '/events', '/viewer.js'])
      expect((await ask(origin + path, { headers: { ...withToken, host } })).status).toBe(421);
    expect((await pause({ headers: { host } })).status).toBe(421);
    expect(stream.state).not.toBe('paused');
  });

  it('localhost is not another name', async () => {
    const headers = { host: `localhost:${port}`, origin: `http://localhost:${port}` };
    expect((await pause({ headers })).status).toBe(204);
  });
});

describe('a foreign page', () => {
  it.each([
    'null',
    'http://evil.test',
    'https://127.0.0.1:PORT',
    'http://127.0.0.1:1',
    'http://127.0.0.1:PORT.evil.test',
    'file://',
    '',
  ])('is answered 403, with and without the token: %j', async (name) => {
    const foreign = { origin: name.replace('PORT', port) };
    for (const path of ['/', '/events', '/viewer.js', '/nothing']) {
      expect((await ask(origin + path, { headers: foreign })).status).toBe(403);
      const { status } = await ask(origin + path, { headers: { ...foreign, ...withToken } });
      expect(status).toBe(403);
    }
    expect((await pause({ headers: foreign })).status).toBe(403);
    expect(stream.state).not.toBe('paused');
  });

  it('cannot load a script, an image or a frame; a person can follow a link', async () => {
    const from = (site: string, mode: string): Record<string, string> => ({
      'sec-fetch-site': site,
      'sec-fetch-mode': mode,
    });
    const script = { headers: from('cross-site', 'no-cors') };
    expect((await ask(`${origin}/viewer.js`, script)).status).toBe(403);
    const neighbour = { headers: from('same-site', 'cors') };
    expect((await ask(`${origin}/`, neighbour)).status).toBe(403);
    expect((await pause({ headers: from('cross-site', 'navigate') })).status).toBe(403);
    const own = await ask(`${origin}/viewer.js`, { headers: from('same-origin', 'cors') });
    expect(own.status).not.toBe(403);
  });

  it('reads nothing: no answer permits another origin', async () => {
    for (const asked of [
      await ask(`${origin}/`, {}),
      await pause(),
      await ask(`${origin}/x`, {}),
    ]) {
      expect(
        Object.keys(asked.headers).filter((name) => name.startsWith('access-control')),
      ).toEqual([]);
      expect(asked.headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(asked.headers['x-content-type-options']).toBe('nosniff');
      expect(asked.headers['content-security-policy']).toMatch(/^default-src 'none'; /u);
      expect(asked.headers['content-security-policy']).not.toContain('unsafe-inline');
    }
    const preflight = await ask(`${origin}/command`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(405);
  });
});

describe('without the token', () => {
  it.each([
    '',
    'Bearer',
    'Bearer x',
    'Bearer ../../etc',
    'Basic Zm9v',
    `Bearer ${'x'.repeat(5_000)}`,
  ])('nothing is sent and nothing is done: %.20j', async (authorization) => {
    const events = await ask(`${origin}/events`, { headers: { authorization } });
    expect(events.status).toBe(403);
    expect(events.text).not.toContain('reconnect');
    expect((await pause({ headers: { authorization } })).status).toBe(403);
    expect(stream.state).not.toBe('paused');
  });

  it('in the address it does not count, where logs would have it', async () => {
    const token = tokenOf(inspector.url);
    for (const path of [`/events?token=${token}`, `/events?access_token=${token}`])
      expect((await ask(origin + path, {})).status).toBe(403);
  });

  it('of another run it is wrong', async () => {
    const other = await inspectorServer();
    expect(tokenOf(other.url)).not.toBe(tokenOf(inspector.url));
    const headers = { authorization: `Bearer ${tokenOf(other.url)}` };
    expect((await pause({ headers })).status).toBe(403);
    await other.close();
  });
});

describe('bad input', () => {
  it.each([
    [415, 'text', { headers: { 'content-type': 'text/plain' } }],
    [415, 'a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    [400, 'no JSON', { body: '{' }],
    [400, 'nothing', { body: '' }],
    [400, 'an array', { body: '[]' }],
    [400, 'null', { body: 'null' }],
    [400, 'no actor', { body: '{"event":{"type":"pause"}}' }],
    [400, 'a number for an actor', { body: '{"sessionId":1,"event":{"type":"pause"}}' }],
    [400, 'no event', { body: '{"sessionId":"x:0"}' }],
    [400, 'an event without a type', { body: '{"sessionId":"x:0","event":{}}' }],
    [404, 'an unknown actor', { body: '{"sessionId":"__proto__","event":{"type":"pause"}}' }],
    [413, 'a book', { body: JSON.stringify({ sessionId: 'x'.repeat(20_000) }) }],
    [405, 'another method', { method: 'PUT' }],
    [405, 'DELETE', { method: 'DELETE', body: '' }],
  ])('is answered %i with a reason: %s', async (expected, _, changes: Asked) => {
    const { status, text } = await pause(changes);
    expect(status).toBe(expected);
    expect(text).toMatch(/^[\w :,.'/-]{10,}\n$/u);
    expect(stream.state).not.toBe('paused');
    // And the next one is served.
    expect((await pause()).status).toBe(204);
  });

  it('that is no HTTP is answered, and ends that connection only', async () => {
    const socket = connect(Number(port), '127.0.0.1');
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk) => (text += String(chunk))).on('close', () => resolve(text));
      socket.on('error', () => {});
      socket.write('\u0000\u0001 nonsense\r\n\r\n');
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400/u);
    expect((await pause()).status).toBe(204);
  });

  it.each([
    '/../package.json',
    '/../../../../etc/passwd',
    '/%2e%2e/%2e%2e/package.json',
    '/..%2f..%2fpackage.json',
    '/..\\..\\package.json',
    '//etc/passwd',
    '/viewer.js/../../index.js',
    '/viewer.js%00.html',
    '/chart.js',
    '/index.html',
    '/__proto__',
    'http://127.0.0.1/viewer.js',
    '*',
  ])('finds no file: %s', async (path) => {
    const { status, text } = await ask(`${origin}/`, { path });
    expect([404, 400]).toContain(status);
    expect(text).not.toContain('root:');
    expect(text).not.toContain('"name"');
  });
});

describe('how many', () => {
  it('viewers may look on is bounded, and one that leaves makes room', async () => {
    const first = await openClient(inspector.url);
    const second = await openClient(inspector.url);
    await expect(openClient(inspector.url)).rejects.toThrow('503');
    first.close();
    for (let room = false; !room;) room = inspector.viewers < 2 || (await turn());
    const third = await openClient(inspector.url);
    second.close();
    third.close();
  });
});

/** A turn of the event loop. */
function turn(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => resolve(false)));
}

it('listens on loopback only', async () => {
  const others = Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  for (const { address } of others)
    await expect(ask(`http://${address}:${port}/`, {})).rejects.toThrow();
});

it('gives the token away nowhere but in its address, behind the #', async () => {
  const token = tokenOf(inspector.url);
  expect(token.length).toBeGreaterThan(30);
  expect(new URL(inspector.url).pathname + new URL(inspector.url).search).toBe('/');
  const client = await openClient(inspector.url);
  const page = await ask(`${origin}/`, {});
  const refused = await ask(`${origin}/events`, {});
  for (const text of [client.text, page.text, refused.text, JSON.stringify(page.headers)])
    expect(text).not.toContain(token);
  client.close();
});
