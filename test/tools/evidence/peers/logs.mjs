/** Clients of servers that keep a log of their own kind: Durable Streams, MCP, TanStack AI. */

async function durableStreams({ url, load, record, column }) {
  const { stream } = await load('@durable-streams/client');
  const stopper = new AbortController();
  const isDefault = column.hasDefaults === true;
  const settled = read();
  return { stop: () => stopper.abort(), settled };

  async function read() {
    try {
      const response = await stream({
        url,
        offset: '-1',
        live: 'sse',
        json: true,
        signal: stopper.signal,
        ...(isDefault ? {} : { backoffOptions: { initialDelay: column.delayMs ?? 100 } }),
      });
      response.subscribeJson(({ items }) => {
        for (const { word } of items) record.add(word);
      });
      await response.closed;
      if (stopper.signal.aborted) return;
      if (response.streamClosed) record.complete();
      else record.fail('closed, and streamClosed is false');
    } catch (error) {
      if (!stopper.signal.aborted) record.fail(error);
    }
  }
}

async function mcp({ url, load, record, row, column }) {
  const { Client } = await load('@modelcontextprotocol/sdk/client/index.js');
  const { StreamableHTTPClientTransport } = await load(
    '@modelcontextprotocol/sdk/client/streamableHttp.js',
  );
  const delay = column.delayMs ?? 100;
  const isDefault = column.id === 'storm' && row.config.maxRetries === undefined;
  const reconnectionOptions = {
    initialReconnectionDelay: column.id === 'storm' ? 1_000 : delay,
    maxReconnectionDelay: 30_000,
    reconnectionDelayGrowFactor: 1.5,
    maxRetries: row.config.maxRetries ?? 2,
  };
  const transport = new StreamableHTTPClientTransport(
    new URL(url),
    isDefault ? {} : { reconnectionOptions },
  );
  const client = new Client({ name: 'reader', version: '1.0.0' });
  client.onerror = ({ message }) =>
    message.startsWith('Maximum') ? record.report(message) : record.note(`onerror ${message}`);
  await client.connect(transport);
  const settled = client
    .callTool({ name: 'count', arguments: {} }, undefined, {
      onprogress: ({ message }) => record.add(message),
      ...(row.config.timeout === undefined
        ? {}
        : { timeout: row.config.timeout, resetTimeoutOnProgress: true }),
    })
    .then(
      () => record.complete(),
      (error) => record.fail(error),
    );
  return { stop: () => client.close(), settled };
}

async function tanstack({ url, load, record, column }) {
  const { ChatClient, fetchServerSentEvents } = await load('@tanstack/ai-client');
  const client = new ChatClient({
    connection: fetchServerSentEvents(
      url,
      column.id === 'storm' ? {} : { reconnect: { delayMs: column.delayMs ?? 100 } },
    ),
    onMessagesChange: (messages) => record.replace(textOf(messages)),
    onChunk: (chunk) => {
      if (chunk.type === 'TOOL_CALL_END')
        record.note(`TOOL_CALL_END ${JSON.stringify(chunk.input)}`);
    },
    onError: (error) => record.fail(error),
  });
  const settled = client.sendMessage('hi').then(
    () => {
      for (const part of client.getMessages().at(-1)?.parts ?? [])
        if (part.type === 'tool-call' && part.state === 'input-complete')
          record.call(part.arguments);
      record.complete();
    },
    (error) => record.fail(error),
  );
  return { stop: () => client.stop(), settled };
}

function textOf(messages) {
  return messages
    .filter(({ role }) => role === 'assistant')
    .flatMap(({ parts }) =>
      parts.filter(({ type }) => type === 'text').map(({ content }) => content),
    )
    .join('');
}

export const drivers = { durableStreams, mcp, tanstack };
