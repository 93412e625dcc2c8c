/** The rows: which client, with which option, against which protocol, and what does not apply to it. */

import { COLUMNS } from './columns.mjs';

const NO_TOOLS = 'delivers its events as they are, and knows no tool calls';
const GET_ONLY = 'sends GET only';
const NO_RETRY_FIELD = 'the protocol has no `retry:` field';
const NO_RECONNECT = 'does not reconnect: one request, one answer';
const NO_POST = 'reads by GET';
const NO_FEED = 'an answer is over long before';
const REPLAYS = 'a replay starts at the beginning: two words bring nothing new';
const FEEDS = ['sse', 'webSocket'];

const GROUPS = {
  sse: 'Server-sent events',
  webSocket: 'WebSockets',
  durable: 'Protocols with a log',
  mcp: 'Protocols with a log',
  agUi: 'Protocols with a log',
  aiSdkUi: 'Answers of models',
  openaiResponses: 'Answers of models',
  openaiChat: 'Answers of models',
  anthropicMessages: 'Answers of models',
};

const noTools = {
  tool: NO_TOOLS,
  'odd-call': NO_TOOLS,
  word: 'its end marker has no reason',
  over: 'its end marker is its last one',
};
const getOnly = { post: GET_ONLY, 'post-head': GET_ONLY, 'post-ids': GET_ONLY };
const readsByGet = { post: NO_POST, 'post-head': NO_POST, 'post-ids': NO_POST };
const noRetryField = { 'retry-zero': NO_RETRY_FIELD, 'retry-huge': NO_RETRY_FIELD };
const socket = {
  'mid-eof': 'a frame that is cut is no clean end',
  ...noTools,
  ...noRetryField,
  post: 'sends no POST',
  'post-head': 'sends no POST',
  'post-ids': 'sends no POST',
};
const once = Object.fromEntries(
  ['busy', 'second', 'storm', 'retry-zero', 'retry-huge', 'abort', 'rotation'].map((id) => [
    id,
    NO_RECONNECT,
  ]),
);

/** Measured in the columns of a POST alone. */
function postOnly(reason) {
  const others = COLUMNS.filter(({ kind }) => kind !== 'post');
  return Object.fromEntries(others.map(({ id }) => [id, reason]));
}
const forPost = postOnly('an option for a POST: with it a GET does not go on after a cut either');
const asAbove = postOnly('as in the row above: the option bears on requests without an answer');

/** Chat and Messages: their events have no ids. */
const noIds = { 'post-ids': 'the protocol has no ids' };

const noRetries = { client: { maxRetries: 0 } };

const watchdog = 'the watchdog fires at 45 s';
const socketTimeout =
  'by the timeout of 5 s that http.globalAgent of Node has; its own read timeout is off';

/**
 * `canResume`: the protocol gives a reader something to go on with. `na`: why a column is not measured. `notes`: what a
 * reader has to know beside what was seen in a column.
 */
export const ROWS = [
  our('sse()', 'sse', true, noTools),
  our(
    'sse(), all defaults',
    'sse',
    true,
    noTools,
    { isDefault: true },
    { stall: watchdog, 'half-open': watchdog },
  ),
  our('webSocket()', 'webSocket', true, socket),
  our('durableStream()', 'durable', true, { ...noTools, ...noRetryField, ...readsByGet }),
  our('agUi()', 'agUi', true, noRetryField),
  our('aiSdkUi()', 'aiSdkUi', true, { ...noRetryField, ...noIds, rotation: REPLAYS }),
  our('openaiResponses()', 'openaiResponses', true, noRetryField),
  our('openaiChat()', 'openaiChat', false, { ...once, ...noIds }),
  our('anthropicMessages()', 'anthropicMessages', false, { ...once, ...noIds }),

  peer('eventsource', '', 'eventSource', 'sse', { ...noTools, ...getOnly }),
  peer('eventsource-client', '', 'eventsourceClient', 'sse', noTools),
  peer(
    'eventsource-client',
    'close() in onScheduleReconnect',
    'eventsourceClient',
    'sse',
    forPost,
    {
      closes: true,
    },
  ),
  peer(
    'launchdarkly-eventsource',
    '',
    'eventSource',
    'sse',
    noTools,
    {},
    {
      stall: socketTimeout,
      'half-open': socketTimeout,
    },
  ),
  peer(
    'launchdarkly-eventsource',
    'readTimeoutMillis, maxBackoffMillis, jitterRatio',
    'eventSource',
    'sse',
    noTools,
    { readTimeoutMillis: 2_000, maxBackoffMillis: 30_000, jitterRatio: 0.5 },
  ),
  peer('launchdarkly-eventsource', 'errorFilter: () => false', 'eventSource', 'sse', forPost, {
    errorFilter: () => false,
  }),
  peer('@microsoft/fetch-event-source', '', 'fetchEventSource', 'sse', noTools),
  peer('@microsoft/fetch-event-source', 'needs [DONE]', 'fetchEventSource', 'sse', noTools, {
    checksEnd: true,
  }),
  peer(
    '@microsoft/fetch-event-source',
    'onclose throws, as its README',
    'fetchEventSource',
    'sse',
    noTools,
    { retriesOnClose: true },
  ),
  peer('@microsoft/fetch-event-source', 'onerror throws', 'fetchEventSource', 'sse', forPost, {
    throws: true,
  }),
  peer('event-source-plus', '', 'eventSourcePlus', 'sse', noTools),
  peer('event-source-plus', "retryStrategy: 'on-error'", 'eventSourcePlus', 'sse', noTools, {
    retryStrategy: 'on-error',
  }),
  peer('event-source-plus', 'heartbeat of its README', 'eventSourcePlus', 'sse', noTools, {
    heartbeatMs: 2_000,
  }),
  peer('event-source-plus', 'maxRetryCount: 0', 'eventSourcePlus', 'sse', forPost, {
    maxRetryCount: 0,
  }),
  peer('partysocket', '', 'partysocket', 'webSocket', socket),
  peer('reconnecting-websocket', '', 'reconnectingWebsocket', 'webSocket', socket),
  peer('@durable-streams/client', '', 'durableStreams', 'durable', {
    ...noTools,
    ...noRetryField,
    ...readsByGet,
  }),
  peer('@modelcontextprotocol/sdk', '', 'mcp', 'mcp', noTools),
  peer('@modelcontextprotocol/sdk', 'maxRetries: 9, timeout: 2 s', 'mcp', 'mcp', noTools, {
    maxRetries: 9,
    timeout: 2_000,
  }),
  peer('@tanstack/ai-client', '', 'tanstack', 'agUi', noRetryField),
  peer('ai', 'Chat, DefaultChatTransport', 'aiChat', 'aiSdkUi', { ...once, ...noIds }),
  peer(
    'ai',
    'Chat, needs finishReason',
    'aiChat',
    'aiSdkUi',
    { ...once, ...noIds },
    { checksEnd: true },
  ),
  peer(
    'ai',
    'and resumeStream() when it misses',
    'aiChat',
    'aiSdkUi',
    { ...noRetryField, ...noIds, rotation: REPLAYS },
    {
      checksEnd: true,
      resumes: true,
    },
  ),
  peer('openai', 'responses.create()', 'openaiResponses', 'openaiResponses', once),
  peer(
    'openai',
    'responses.create(), needs response.completed, maxRetries: 0',
    'openaiResponses',
    'openaiResponses',
    once,
    { checksEnd: true, ...noRetries },
  ),
  peer(
    'openai',
    'and retrieve(starting_after) in a loop; timeout: 2 s, maxRetries: 0',
    'openaiResponses',
    'openaiResponses',
    noRetryField,
    { resumes: true, client: { timeout: 2_000, maxRetries: 0 } },
  ),
  peer('openai', 'chat.completions.create()', 'openaiChatCreate', 'openaiChat', {
    ...once,
    ...noIds,
  }),
  peer(
    'openai',
    'chat.completions.create(), needs finish_reason, maxRetries: 0',
    'openaiChatCreate',
    'openaiChat',
    { ...once, ...noIds },
    { checksEnd: true, ...noRetries },
  ),
  peer('openai', 'chat.completions.stream()', 'openaiChatStream', 'openaiChat', {
    ...once,
    ...noIds,
  }),
  peer(
    'openai',
    'chat.completions.stream(), maxRetries: 0',
    'openaiChatStream',
    'openaiChat',
    { ...asAbove, ...noIds },
    noRetries,
  ),
  peer('@anthropic-ai/sdk', 'messages.create()', 'anthropicCreate', 'anthropicMessages', {
    ...once,
    ...noIds,
  }),
  peer(
    '@anthropic-ai/sdk',
    'messages.create(), needs message_stop, maxRetries: 0',
    'anthropicCreate',
    'anthropicMessages',
    { ...once, ...noIds },
    { checksEnd: true, ...noRetries },
  ),
  peer('@anthropic-ai/sdk', 'messages.stream()', 'anthropicStream', 'anthropicMessages', {
    ...once,
    ...noIds,
  }),
  peer(
    '@anthropic-ai/sdk',
    'messages.stream(), maxRetries: 0',
    'anthropicStream',
    'anthropicMessages',
    { ...asAbove, ...noIds },
    noRetries,
  ),
].map((row) => ({ ...row, id: nameOfRow(row) }));

export function nameOfRow({ package: name, title }) {
  return title === '' ? name : `${name} · ${title}`;
}

function our(title, wire, canResume, na, config = {}, notes = {}) {
  return {
    isOurs: true,
    group: 'stream-reconnect',
    package: 'stream-reconnect',
    title,
    client: 'ours',
    wire,
    canResume,
    na: FEEDS.includes(wire) ? na : { quiet: NO_FEED, ...na },
    config,
    notes,
  };
}

function peer(name, option, client, wire, na, config = {}, notes = {}) {
  const canResume = !['openaiChat', 'anthropicMessages'].includes(wire);
  const group = GROUPS[wire];
  return {
    isOurs: false,
    group,
    package: name,
    title: option,
    client,
    wire,
    canResume,
    na: FEEDS.includes(wire) ? na : { quiet: NO_FEED, ...na },
    config,
    notes,
  };
}
