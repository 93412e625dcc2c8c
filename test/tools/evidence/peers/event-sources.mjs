/** Clients of server-sent events. Each reader stops at the end marker, as its documents show. */

const DONE = '[DONE]';

/** The interface of the browser: eventsource, and launchdarkly-eventsource. */
async function eventSource({ url, load, record, row, column }) {
  const { EventSource } = await load(row.package);
  const source = new EventSource(url, { ...row.config, ...postOf(row, column) });
  source.onmessage = ({ data }) => {
    if (data !== DONE) return record.add(data);
    record.complete();
    source.close();
  };
  let last = 'error event';
  source.onerror = (event) => {
    last = event?.message ?? event?.code ?? last;
    record.note(`error event ${last}`);
    if (source.readyState === 2) record.fail(last);
  };
  // Of launchdarkly-eventsource only: it is closed after the event that says why.
  source.onclosed = () => record.fail(`closed: ${last}`);
  return { stop: () => source.close() };
}

/** Both can send another method where the row says so. */
function postOf({ package: name }, { kind }) {
  return kind === 'post' && name === 'launchdarkly-eventsource'
    ? { method: 'POST', body: '{}' }
    : {};
}

async function eventsourceClient({ url, load, record, row, column }) {
  const { createEventSource } = await load('eventsource-client');
  const source = createEventSource({
    url,
    ...(column.kind === 'post' ? { method: 'POST', body: '{}' } : {}),
    onDisconnect: () => record.note('onDisconnect'),
    ...(row.config.closes ? { onScheduleReconnect: () => source.close() } : {}),
  });
  const reading = read();
  return { stop: () => source.close(), settled: reading };

  async function read() {
    try {
      for await (const { data } of source) {
        if (data === DONE) {
          source.close();
          return record.complete();
        }
        record.add(data);
      }
      record.fail('the iterator ended');
    } catch (error) {
      record.fail(error);
    }
  }
}

/** It needs a page around it: where there is none, the few things of it that it touches stand in. */
async function fetchEventSource({ url, load, record, row, column }) {
  globalThis.window = globalThis;
  globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
  const { fetchEventSource: open } = await load('@microsoft/fetch-event-source');
  const stopper = new AbortController();
  let isDone = false;
  const settled = open(url, {
    signal: stopper.signal,
    ...(column.kind === 'post' ? { method: 'POST', body: '{}' } : {}),
    onmessage({ data }) {
      if (data === '') return;
      if (data !== DONE) return record.add(data);
      isDone = true;
      stopper.abort();
      record.complete();
    },
    ...(row.config.retriesOnClose ? carefulHooks() : {}),
    ...(row.config.throws ? { onerror: rethrow } : {}),
  }).then(
    () => {
      if (isDone || stopper.signal.aborted) return;
      if (row.config.checksEnd) record.fail('resolved without [DONE]');
      else record.complete();
    },
    (error) => record.fail(error),
  );
  return { stop: () => stopper.abort(), settled };
}

function rethrow(error) {
  throw error;
}

/** The second example of its README. */
function carefulHooks() {
  class FatalError extends Error {}
  return {
    async onopen(response) {
      if (response.ok && response.headers.get('content-type') === 'text/event-stream') return;
      const { status } = response;
      if (status >= 400 && status < 500 && status !== 429) throw new FatalError(String(status));
      throw new Error(String(status));
    },
    onclose() {
      throw new Error('closed');
    },
    onerror(error) {
      if (error instanceof FatalError) throw error;
    },
  };
}

async function eventSourcePlus({ url, load, record, row, column }) {
  const { EventSourcePlus } = await load('event-source-plus');
  const { heartbeatMs, ...options } = row.config;
  const source = new EventSourcePlus(url, {
    ...options,
    ...(column.kind === 'post' ? { method: 'post', body: '{}' } : {}),
  });
  let timer;
  const controller = source.listen({
    onMessage({ data }) {
      beat();
      if (data !== DONE) return record.add(data);
      stop();
      record.complete();
    },
    onRequestError: ({ error }) => record.note(`onRequestError ${error?.message}`),
    onResponseError: ({ response }) => record.note(`onResponseError ${response?.status}`),
  });
  controller.onAbort?.(({ type, reason }) => {
    if (type === 'error') record.fail(reason ?? 'onAbort error');
    if (type === 'end-of-stream') record.complete();
  });
  beat();
  return { stop };

  /** As its README: a timer of one's own calls `reconnect()`. */
  function beat() {
    clearTimeout(timer);
    if (heartbeatMs !== undefined)
      timer = setTimeout(() => (controller.reconnect(), beat()), heartbeatMs);
  }

  function stop() {
    clearTimeout(timer);
    timer = undefined;
    controller.abort();
  }
}

export const drivers = { eventSource, eventsourceClient, fetchEventSource, eventSourcePlus };
