/**
 * The faults, as data. `answers` says what befalls the first answers of the server, `always` what befalls all that
 * follow; where neither says anything, an answer is whole.
 *
 *   after   so many words of this answer come first; 'half call': up to the middle of the arguments of a tool call
 *           'finish': up to the finish reason, before the last marker
 *   half    and most of the next event, without its end
 *   does    what happens: 'rst', 'fin' (no last chunk), 'eof' (as if all were there), 'silence', 'freeze' (nothing is
 *           read, sent or closed any more), 'mute' (no head, nothing), 'reset' (before the head), '503'
 *   holdMs  how long it is silent before that
 *   retry   what the server says in a `retry:` field, where the protocol has one; default '100', null: nothing
 */

/** More requests than this within `RATE_MS` are a storm. */
export const MAX_REQUESTS = 20;
export const RATE_MS = 3_000;

/** No end by then is a hang: longer than the 45 s and 10 s of our defaults, and than the 60 s of the MCP SDK. */
export const PATIENCE_MS = 65_000;

/**
 * `kind` says what is judged: see verdict.mjs. `wire` changes what the server says: ids on a POST (`hasIds`), a call as some
 * gateways send it (`isOddCall`), a finish word that is no success (`isUnfinished`). `isSilent`: most of a cell is
 * waiting for the patience to end. `faultsForMs`: from then on answers are whole. `hasDefaults`: clients are used with their
 * own delays and watchdogs. `isFeed`: our source is not given the end of the stream, as of a feed; its reader leaves there.
 */
export const COLUMNS = [
  {
    id: 'reset',
    title: 'reset',
    kind: 'deliver',
    what: 'The connection is reset after 8 of 20 words.',
    answers: [{ after: 8, does: 'rst' }],
  },
  {
    id: 'eof',
    title: 'clean EOF',
    kind: 'deliver',
    what: 'After 8 words the bytes end as if all were there, without the end marker. WebSocket: close code 1001.',
    answers: [{ after: 8, does: 'eof' }],
  },
  {
    id: 'mid',
    title: 'cut mid-event',
    kind: 'deliver',
    what: 'The connection ends within the ninth event: its id line (where there is one) has come, its blank line has not. A durable stream: within its data event. WebSocket: within a frame.',
    answers: [{ after: 8, half: true, does: 'fin' }],
  },
  {
    id: 'mid-eof',
    title: 'EOF mid-event',
    kind: 'deliver',
    what: 'The same cut, but the bytes end as if all were there: so a proxy ends them, and so fetch reports a reset of an answer that said `connection: close`.',
    answers: [{ after: 8, half: true, does: 'eof' }],
  },
  {
    id: 'stall',
    title: 'stall',
    kind: 'deliver',
    isSilent: true,
    what: 'After 8 words nothing more comes, and the connection stays open. A new one would be served.',
    answers: [{ after: 8, does: 'silence' }],
  },
  {
    id: 'busy',
    title: '503 on reconnect',
    kind: 'deliver',
    isReconnect: true,
    what: 'A reset after 8 words; the next request gets 503 without Retry-After.',
    answers: [{ after: 8, does: 'rst' }, { does: '503' }],
  },
  {
    id: 'second',
    title: 'second drop',
    kind: 'deliver',
    isReconnect: true,
    what: 'A reset after 8 words, another one before anything new, a third one 4 words later.',
    answers: [
      { after: 8, does: 'rst' },
      { after: 0, does: 'rst' },
      { after: 4, does: 'rst' },
    ],
  },
  {
    id: 'storm',
    title: 'accept, then close',
    kind: 'rate',
    hasDefaults: true,
    isReconnect: true,
    what: 'One word, then a clean end; each later request is accepted and closed at once, for ever. All delays are the defaults.',
    retry: null,
    answers: [{ after: 1, does: 'eof' }],
    always: { after: 0, does: 'eof' },
  },
  {
    id: 'retry-zero',
    title: 'retry: 0',
    kind: 'rate',
    isReconnect: true,
    what: 'The server says `retry: 0`, then accepts and closes for ever.',
    retry: '0',
    answers: [{ after: 3, does: 'eof' }],
    always: { after: 0, does: 'eof' },
  },
  {
    id: 'retry-huge',
    title: 'retry: 2³¹',
    kind: 'rate',
    isReconnect: true,
    what: 'The server says `retry: 2147483648`, one more than a timer can hold, then accepts and closes for ever.',
    retry: '2147483648',
    answers: [{ after: 3, does: 'eof' }],
    always: { after: 0, does: 'eof' },
  },
  {
    id: 'abort',
    title: 'abort in a wait',
    kind: 'abort',
    isReconnect: true,
    what: 'A reset within the fourth event; 350 ms later, in a wait of 1 s, the reader stops the client by its own means.',
    retry: '1000',
    delayMs: 1_000,
    answers: [{ after: 3, half: true, does: 'rst' }],
  },
  {
    id: 'tool',
    title: 'cut tool call',
    kind: 'tool',
    what: 'The bytes end, as if all were there, in the arguments `{"amount":1000,"to":"bob"}`: after `{"amount":10`.',
    answers: [{ after: 'half call', does: 'eof' }],
  },
  {
    id: 'post',
    title: 'POST, cut answer',
    kind: 'post',
    what: 'A POST that starts work is answered; a reset after 8 words. No cursor is sent.',
    answers: [{ after: 8, does: 'rst' }],
  },
  {
    id: 'post-head',
    title: 'POST, no answer',
    kind: 'post',
    what: 'A POST that starts work has arrived whole; the connection is reset before any answer.',
    answers: [{ does: 'reset' }],
  },
  {
    id: 'post-ids',
    title: 'POST with ids, cut',
    kind: 'post',
    wire: { hasIds: true },
    what: 'As POST, cut answer, but the events have ids. They are no promise that the POST may be sent again: the server runs it again.',
    answers: [{ after: 8, does: 'rst' }],
  },
  {
    id: 'odd-call',
    title: 'odd tool call',
    kind: 'tool',
    wire: { isOddCall: true },
    what: 'Nothing breaks, but one tool call comes as gateways were reported to send it. Chat: another id in each piece. Responses: its last event twice. Messages: the block twice, under one id. AI SDK: its input twice. AG-UI: two ends. It is one call, with the arguments `{"amount":1000,"to":"bob"}`.',
  },
  {
    id: 'word',
    title: 'finish word of a failure',
    kind: 'unfinished',
    wire: { isUnfinished: true },
    what: 'After 8 words the answer is finished in form, with a reason that is no success: Chat `network_error`, Responses `response.incomplete`, Messages `model_context_window_exceeded`, AI SDK `error`, AG-UI `cancelled`.',
  },
  {
    id: 'over',
    title: 'finished, then reset',
    kind: 'over',
    what: 'All is said, the finish reason included; the connection is reset before the last marker (`[DONE]`, `message_stop`). Where the finish is the last marker, right after it.',
    answers: [{ after: 'finish', does: 'rst' }],
  },
  {
    id: 'rotation',
    title: 'planned rotation',
    kind: 'deliver',
    isReconnect: true,
    what: 'The server ends nine connections in good order, each after two words, as a deploy or the limit of a platform does. WebSocket: close code 1001.',
    answers: Array.from({ length: 9 }, () => ({ after: 2, does: 'eof' })),
  },
  {
    id: 'quiet',
    title: 'quiet for 10 minutes',
    kind: 'deliver',
    isReconnect: true,
    isSilent: true,
    hasDefaults: true,
    isFeed: true,
    patienceMs: 720_000,
    faultsForMs: 600_000,
    retry: null,
    what: 'A feed: three words, then nothing for ten minutes, in which a proxy ends each connection after a minute. Then the rest. All delays and watchdogs are the defaults.',
    answers: [{ after: 3, does: 'eof', holdMs: 60_000 }],
    always: { after: 0, does: 'eof', holdMs: 60_000 },
  },
  {
    id: 'half-open',
    title: 'half-open',
    kind: 'deliver',
    isSilent: true,
    what: 'After 8 words the peer is as if stopped: it reads, sends and closes nothing. The next connection is accepted and never answered; the third one is served.',
    answers: [{ after: 8, does: 'freeze' }, { does: 'mute' }],
  },
];
