import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDemoServer } from '../../../src/cli/demo/demo-server.js';
import type { DemoServer } from '../../../src/cli/demo/demo-server.js';
import { demoScript } from '../../../src/cli/demo/script.js';
import type { Fault } from '../../../src/cli/demo/script.js';

const events = ['one', 'two', 'three'].map((data, index) => ({ id: String(index + 1), data }));
const END = 'event: done\ndata: {"finish":"stop"}\n\n';

describe('the demo server', () => {
  let server: DemoServer;
  beforeEach(() => restart([]));
  afterEach(() => server.close());

  it('sends everything after the cursor, then the end marker', async () => {
    const { status, body } = await get({ 'Last-Event-ID': '1' });
    expect(status).toBe(200);
    expect(body).toBe(`: hello\n\nid: 2\ndata: two\n\nid: 3\ndata: three\n\n${END}`);
    expect((await get({ 'Last-Event-ID': '3' })).body).toBe(`: hello\n\n${END}`);
  });

  it('listens on 127.0.0.1 only', () => {
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
  });

  it.each([
    { headers: { Host: 'evil.example' }, status: 421 },
    { headers: { Origin: 'http://evil.example' }, status: 403 },
    { headers: { Origin: 'null' }, status: 403 },
    { headers: { 'Sec-Fetch-Site': 'cross-site' }, status: 403 },
    { headers: { 'Last-Event-ID': '4' }, status: 400 },
    { headers: { 'Last-Event-ID': '-1' }, status: 400 },
  ])('answers $status to $headers', async ({ headers, status }) => {
    expect((await get(headers)).status).toBe(status);
  });

  it('plays each fault of its script once, in order', async () => {
    await server.close();
    await restart([
      { kind: 'reset', at: 2, what: '' },
      { kind: 'eof', at: 3, what: '' },
      { kind: 'accept-then-close', at: 3, what: '' },
      { kind: 'busy', at: 3, what: '' },
    ]);
    await expect(get({})).rejects.toThrow(/aborted|ECONNRESET/u);
    expect((await get({ 'Last-Event-ID': '1' })).body).toBe(': hello\n\nid: 2\ndata: two\n\n');
    expect((await get({ 'Last-Event-ID': '2' })).body).toBe(': hello\n\n');
    expect(await get({ 'Last-Event-ID': '2' })).toMatchObject({ status: 503, retryAfter: '1' });
    expect((await get({ 'Last-Event-ID': '2' })).body).toContain(END);
  });

  it('cuts a silent connection when it closes', async () => {
    await server.close();
    await restart([{ kind: 'silence', at: 1, what: '' }]);
    const response = await open({});
    const [hello] = (await once(response, 'data')) as [Buffer];
    expect(hello.toString()).toBe(': hello\n\n');
    await Promise.all([once(response, 'error'), server.close()]);
  });

  async function restart(faults: Fault[]): Promise<void> {
    server = await startDemoServer({ script: { events, faults }, paceMs: 0 });
  }

  function open(headers: Record<string, string>): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      request(server.url, { headers, agent: false }, resolve).once('error', reject).end();
    });
  }

  async function get(
    headers: Record<string, string>,
  ): Promise<{ status: number | undefined; retryAfter: string | undefined; body: string }> {
    const response = await open(headers);
    let body = '';
    for await (const text of response.setEncoding('utf8')) body += text;
    return { status: response.statusCode, retryAfter: response.headers['retry-after'], body };
  }
});

describe('the script', () => {
  const { events: all, faults } = demoScript();

  it('numbers its events from 1 and names five faults', () => {
    expect(all.map(({ id }) => id)).toEqual(all.map((_, index) => String(index + 1)));
    expect(faults.map(({ kind }) => kind)).toEqual([
      'reset',
      'eof',
      'accept-then-close',
      'busy',
      'silence',
    ]);
  });

  it('cuts the tool call in two', () => {
    const calls = all.filter(({ data }) => data.includes('"tool"')).map(({ id }) => Number(id));
    const cut = faults[1]?.at ?? 0;
    expect(calls.at(0)).toBeLessThan(cut);
    expect(calls.at(-1)).toBeGreaterThan(cut);
    const pieces = all.map(
      ({ data }) => (JSON.parse(data) as { tool?: { args?: string } }).tool?.args ?? '',
    );
    expect(JSON.parse(pieces.join(''))).toEqual({
      host: 'answers.example',
      max_hops: 12,
      protocol: 'tcp',
    });
  });
});
