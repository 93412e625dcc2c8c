/** The rows: which client, with which option, against which protocol, and what does not apply to it. */

const NO_TOOLS = 'hands out its events as they are, and knows no tool calls';
const GET_ONLY = 'sends GET only';
const NO_RETRY_FIELD = 'the protocol has no `retry:` field';
const NO_RECONNECT = 'does not reconnect: one request, one answer';
const NO_POST = 'reads by GET';

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

const noTools = { tool: NO_TOOLS };
const getOnly = { post: GET_ONLY, 'post-head': GET_ONLY };
const readsByGet = { post: NO_POST, 'post-head': NO_POST };
const noRetryField = { 'retry-zero': NO_RETRY_FIELD, 'retry-huge': NO_RETRY_FIELD };
const socket = {
  'mid-eof': 'a frame that is cut is no clean end',
  tool: NO_TOOLS,
  ...noRetryField,
  post: 'sends no POST',
  'post-head': 'sends no POST',
};
const once = Object.fromEntries(
  ['busy', 'second', 'storm', 'retry-zero', 'retry-huge', 'abort'].map((id) => [id, NO_RECONNECT]),
);

/** `canResume`: the protocol gives a reader something to go on with. */
export const ROWS = [
  our('sse()', 'sse', true, noTools),
  our('webSocket()', 'webSocket', true, socket),
  our('durableStream()', 'durable', true, { ...noTools, ...noRetryField, ...readsByGet }),
  our('agUi()', 'agUi', true, noRetryField),
  our('aiSdkUi()', 'aiSdkUi', true, noRetryField),
  our('openaiResponses()', 'openaiResponses', true, noRetryField),
  our('openaiChat()', 'openaiChat', false, once),
  our('anthropicMessages()', 'anthropicMessages', false, once),

  peer('eventsource', '', 'eventSource', 'sse', { ...noTools, ...getOnly }),
  peer('eventsource-client', '', 'eventsourceClient', 'sse', noTools),
  peer('launchdarkly-eventsource', '', 'eventSource', 'sse', noTools),
  peer(
    'launchdarkly-eventsource',
    'readTimeoutMillis, maxBackoffMillis, …',
    'eventSource',
    'sse',
    noTools,
    { readTimeoutMillis: 2_000, maxBackoffMillis: 30_000, jitterRatio: 0.5 },
  ),
  peer('@microsoft/fetch-event-source', '', 'fetchEventSource', 'sse', noTools),
  peer(
    '@microsoft/fetch-event-source',
    'onclose throws, as its README',
    'fetchEventSource',
    'sse',
    noTools,
    { retriesOnClose: true },
  ),
  peer('event-source-plus', '', 'eventSourcePlus', 'sse', noTools),
  peer('event-source-plus', "retryStrategy: 'on-error'", 'eventSourcePlus', 'sse', noTools, {
    retryStrategy: 'on-error',
  }),
  peer('event-source-plus', 'heartbeat of its README', 'eventSourcePlus', 'sse', noTools, {
    heartbeatMs: 2_000,
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
  peer('ai', 'Chat, DefaultChatTransport', 'aiChat', 'aiSdkUi', { ...once }),
  peer('ai', 'and resumeStream() when told', 'aiChat', 'aiSdkUi', noRetryField, { resumes: true }),
  peer('openai', 'responses.create()', 'openaiResponses', 'openaiResponses', once),
  peer(
    'openai',
    'and retrieve(starting_after) in a loop; timeout: 2 s',
    'openaiResponses',
    'openaiResponses',
    noRetryField,
    { resumes: true, client: { timeout: 2_000 } },
  ),
  peer('openai', 'chat.completions.create()', 'openaiChatCreate', 'openaiChat', once),
  peer('openai', 'chat.completions.stream()', 'openaiChatStream', 'openaiChat', once),
  peer(
    'openai',
    'chat.completions.stream(), maxRetries: 0',
    'openaiChatStream',
    'openaiChat',
    once,
    { client: { maxRetries: 0 } },
  ),
  peer('@anthropic-ai/sdk', 'messages.create()', 'anthropicCreate', 'anthropicMessages', once),
  peer('@anthropic-ai/sdk', 'messages.stream()', 'anthropicStream', 'anthropicMessages', once),
].map((row) => ({ ...row, id: nameOfRow(row) }));

export function nameOfRow({ package: name, title }) {
  return title === '' ? name : `${name} · ${title}`;
}

function our(title, wire, canResume, na) {
  return {
    isOurs: true,
    group: 'stream-reconnect',
    package: 'stream-reconnect',
    title,
    client: 'ours',
    wire,
    canResume,
    na,
  };
}

function peer(name, option, client, wire, na, config = {}) {
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
    na,
    config,
  };
}
