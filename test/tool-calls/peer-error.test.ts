import { describe, expect, it } from 'vitest';

import {
  isErrorShape,
  readPeerError,
  reportedError,
  withPeerError,
} from '../../src/tool-calls/response/peer-error.js';
import { quotedText } from '../../machines/quoted-text.js';

/** Whose shape it is, the error, and the message and code that stand in it. */
const SHAPES: readonly (readonly [string, unknown, string | undefined, string | undefined])[] = [
  [
    'OpenAI',
    { error: { message: 'too long', type: 'invalid_request_error', code: 'context_length' } },
    'too long',
    'context_length',
  ],
  [
    'OpenAI, without a code',
    { error: { message: 'no credit', type: 'insufficient_quota', param: null, code: null } },
    'no credit',
    'insufficient_quota',
  ],
  [
    'OpenAI Responses, an event',
    { type: 'error', code: 'server_error', message: 'it crashed', param: null },
    'it crashed',
    'server_error',
  ],
  [
    'OpenAI Responses, a failed response',
    {
      type: 'response.failed',
      response: { id: 'r', status: 'failed', error: { code: 'server_error', message: 'crashed' } },
    },
    'crashed',
    'server_error',
  ],
  ['Azure gateway', { statusCode: 401, message: 'no key' }, 'no key', undefined],
  [
    'Azure, with an inner error',
    { error: { message: 'filtered', innererror: { code: 'ResponsibleAIPolicyViolation' } } },
    'filtered',
    'ResponsibleAIPolicyViolation',
  ],
  [
    'Anthropic',
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    'Overloaded',
    'overloaded_error',
  ],
  [
    'Gemini',
    { error: { code: 400, message: 'bad key', status: 'INVALID_ARGUMENT', details: [] } },
    'bad key',
    'INVALID_ARGUMENT',
  ],
  [
    'Gemini, in a list',
    [{ error: { code: 503, message: 'busy', status: 'UNAVAILABLE' } }],
    'busy',
    'UNAVAILABLE',
  ],
  ['FastAPI', { detail: 'Not Found' }, 'Not Found', undefined],
  ['FastAPI, an object', { detail: { error: 'no such run' } }, 'no such run', undefined],
  [
    'FastAPI, a list',
    {
      detail: [
        { loc: ['body', 'model'], msg: 'Field required', type: 'missing' },
        { loc: ['body', 'n'], msg: 'too many', type: 'less_than' },
      ],
    },
    'body.model: Field required; body.n: too many',
    'missing',
  ],
  [
    'JSON:API',
    { errors: [{ status: '422', code: 'E7', title: 'Invalid', detail: 'No name' }] },
    'Invalid: No name',
    'E7',
  ],
  [
    'GraphQL',
    { errors: [{ message: 'who are you', extensions: { code: 'UNAUTHENTICATED' } }] },
    'who are you',
    'UNAUTHENTICATED',
  ],
  [
    'Cloudflare',
    { success: false, errors: [{ code: 10000, message: 'Authentication error' }] },
    'Authentication error',
    '10000',
  ],
  ['a list of texts', { errors: ['a', 'b', 'c', 'd', 'e'] }, 'a; b; c; and 2 more', undefined],
  [
    'problem+json',
    { type: 'https://example.com/p', title: 'Forbidden', status: 403, detail: 'Not yours' },
    'Forbidden: Not yours',
    undefined,
  ],
  [
    'JSON-RPC',
    { jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'no such tool' } },
    'no such tool',
    '-32602',
  ],
  ['OAuth', { error: 'invalid_grant', error_description: 'expired' }, 'expired', 'invalid_grant'],
  ['Ollama', { error: "model 'x' not found" }, "model 'x' not found", undefined],
  ['Slack', { ok: false, error: 'invalid_auth' }, 'invalid_auth', 'invalid_auth'],
  ['Spring', { status: 404, error: 'Not Found', message: 'No handler' }, 'No handler', undefined],
  [
    'vLLM',
    { object: 'error', message: 'boom', type: 'BadRequestError', code: 400 },
    'boom',
    'BadRequestError',
  ],
  [
    'Mistral',
    { object: 'error', message: { detail: [{ loc: ['body'], msg: 'bad' }] } },
    'body: bad',
    undefined,
  ],
  ['GLM', { error: { code: '1301', message: 'sensitive' } }, 'sensitive', '1301'],
  ['MiniMax', { base_resp: { status_code: 1004, status_msg: 'login' } }, 'login', '1004'],
  [
    'OpenRouter',
    {
      error: {
        message: 'Provider returned error',
        code: 429,
        metadata: { raw: '{"error":{"message":"slow down","code":"rate_limited"}}' },
      },
    },
    'Provider returned error: slow down',
    'rate_limited',
  ],
  [
    'a gateway with JSON in its text',
    { error: { message: '{"error":{"message":"inner","status":"ABORTED"}}', code: 500 } },
    'inner',
    'ABORTED',
  ],
  ['AI SDK', { type: 'error', errorText: 'Out of credits' }, 'Out of credits', undefined],
  ['AG-UI', { type: 'RUN_ERROR', message: 'agent died', code: 'E1' }, 'agent died', 'E1'],
  ['AWS', { __type: 'ThrottlingException', message: 'slow' }, 'slow', 'ThrottlingException'],
  ['AWS Lambda', { errorType: 'Runtime.Exit', errorMessage: 'exited' }, 'exited', 'Runtime.Exit'],
  [
    'Apigee',
    { fault: { faultstring: 'Invalid key', detail: { errorcode: 'oauth.InvalidKey' } } },
    'Invalid key',
    'oauth.InvalidKey',
  ],
  [
    'an event stream',
    'event: error\ndata: {"error":{"type":"api_error","message":"down"}}\n\n',
    'down',
    'api_error',
  ],
  ['plain text', ' upstream connect error \n', 'upstream connect error', undefined],
  ['JSON as text', '{"message":"in JSON"}', 'in JSON', undefined],
  ['JSON that was cut', '{"message":"in J', '{"message":"in J', undefined],
  [
    'HTML of a proxy',
    '<!doctype html><html><head><title>502 Bad&amp;Gateway</title></head><body>…</body></html>',
    '502 Bad&Gateway',
    undefined,
  ],
  ['HTML without a title', '<pre>Cannot POST\n /x</pre>', 'Cannot POST /x', undefined],
  [
    'XML of an object store',
    '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>no key</Message></Error>',
    'no key',
    'NoSuchKey',
  ],
  ['nothing', {}, undefined, undefined],
  ['an empty list', [], undefined, undefined],
  ['an empty text', '', undefined, undefined],
  ['no object', 7, undefined, undefined],
];

describe('the reader of errors', () => {
  it.each(SHAPES)('knows %s', (_, error, message, code) => {
    const peer = readPeerError(error);
    expect({ message: peer.message, code: peer.code }).toEqual({ message, code });
  });

  it.each(SHAPES)('reads %s from its text as well', (_, error, message, code) => {
    const peer = readPeerError(typeof error === 'string' ? error : JSON.stringify(error));
    expect([peer.message, peer.code]).toEqual([error === 7 ? '7' : message, code]);
  });

  it('reads the status that an error names', () => {
    expect(readPeerError({ error: { code: 429, message: 'x' } }).status).toBe(429);
    expect(readPeerError({ errors: [{ status: '503' }] }).status).toBe(503);
    expect(readPeerError({ error: { code: 200 } }).status).toBeUndefined();
  });

  it('reads how long to wait, where the error says so', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3.07s' }];
    expect(readPeerError([{ error: { code: 429, details } }]).retryAfterMs).toBe(3070);
    expect(
      readPeerError({ error: { details: [{ retryDelay: 'soon' }] } }).retryAfterMs,
    ).toBeUndefined();
  });

  it('gives all names, the most telling first', () => {
    const error = { code: 'context_length', type: 'invalid_request_error' };
    expect(readPeerError({ type: 'error', error }).codes).toEqual([
      'context_length',
      'invalid_request_error',
    ]);
  });

  it('takes no sentence, address or overlong text for a code', () => {
    for (const code of ['two words', 'https://e.org/x', 'x'.repeat(65), '', {}, null, true])
      expect(readPeerError({ error: { code, message: 'm' } }).code).toBeUndefined();
  });

  it('stops in an error that holds itself, is deep, or throws when it is read', () => {
    const circle: Record<string, unknown> = {};
    circle['error'] = circle;
    const deep = JSON.parse('{"error":'.repeat(4000) + '"x"' + '}'.repeat(4000)) as unknown;
    const hostile = {
      get error(): unknown {
        throw new Error('no');
      },
    };
    for (const one of [circle, deep, hostile])
      expect(readPeerError(one)).toMatchObject({
        message: undefined,
        code: undefined,
        codes: [],
        status: undefined,
      });
  });

  it('reads 16 KiB of brackets and tags in little time', () => {
    const before = performance.now();
    for (const one of ['<', '<title', '<a <', '{"error":', '[', '&amp;'])
      readPeerError(one.repeat(Math.ceil(16_384 / one.length)));
    expect(performance.now() - before).toBeLessThan(1000);
  });
});

describe('an error by its shape', () => {
  it.each([
    [{ error: 'x' }, true],
    [{ error: { code: 1 } }, true],
    [{ errors: ['x'] }, true],
    [{ object: 'error' }, true],
    [{ type: 'error' }, true],
    [{ error: null, choices: [] }, false],
    [{ error: false }, false],
    [{ error: '' }, false],
    [{ error: {}, errors: [] }, false],
    [{ type: 'message', message: 'hi' }, false],
    ['error', false],
    [null, false],
  ])('%j: %s', (value, isError) => {
    expect(isErrorShape(value)).toBe(isError);
  });
});

describe('an error that a peer reports', () => {
  it('is of kind source, with the text and the code of the peer', () => {
    const error = reportedError({
      type: 'error',
      error: { type: 'overloaded_error', message: 'Busy' },
    });
    expect(error.kind).toBe('source');
    expect(error.code).toBe('overloaded_error');
    expect(error.message).toBe('the peer reported an error: Busy (overloaded_error)');
  });

  it('says that it is one where the peer says nothing more', () => {
    expect(reportedError({ type: 'error' }).message).toBe('the peer reported an error');
    expect(reportedError({ error: { code: 'E7' } }).message).toBe(
      'the peer reported an error (E7)',
    );
    expect(reportedError({ error: 'invalid_auth' }).message).toBe(
      'the peer reported an error: invalid_auth',
    );
  });
});

describe('a sentence of ours', () => {
  it('quotes the text of the peer, and its code where the text lacks it', () => {
    const say = (error: unknown): string => withPeerError('refused', readPeerError(error));
    expect(say({ code: 'E1', message: 'a\nb' })).toBe('refused: a\\nb (E1)');
    expect(say({ code: 'E1', message: 'E1 again' })).toBe('refused: E1 again');
    expect(say({ code: 'E1' })).toBe('refused (E1)');
    expect(say({})).toBe('refused');
  });
});

describe('quoted text', () => {
  it('stands on one line and shows what is invisible', () => {
    expect(quotedText(' a\nb\tc\r\u0000d\u202ee\u2028f\u{e0001}\ud800g\u007f ')).toBe(
      'a\\nb\\tc\\r\\u0000d\\u202ee\\u2028f\\u{e0001}\\ud800g\\u007f',
    );
  });

  it('is bounded, and cuts no character', () => {
    expect(quotedText('😀'.repeat(10), 5)).toBe('😀😀…');
    expect(quotedText('\u0000'.repeat(10_000))).toHaveLength(499);
    expect(quotedText('é'.repeat(500))).toBe('é'.repeat(500));
    expect(quotedText('é'.repeat(501))).toBe(`${'é'.repeat(500)}…`);
    expect(quotedText('')).toBe('');
  });
});
