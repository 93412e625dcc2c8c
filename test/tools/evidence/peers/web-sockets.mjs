/** WebSockets that reconnect. On each opening the reader asks for what comes after the last word it has. */

async function partysocket(cell) {
  const { WebSocket } = await cell.load('partysocket');
  return follow(WebSocket, cell);
}

async function reconnectingWebsocket(cell) {
  const { default: module } = await cell.load('reconnecting-websocket');
  return follow(module.default ?? module, cell);
}

async function follow(Client, { url, load, record, column }) {
  const { WebSocket } = await load('ws');
  const isDefault = column.hasDefaults === true;
  const socket = new Client(url, [], {
    WebSocket,
    ...(isDefault ? {} : { minReconnectionDelay: column.delayMs ?? 100, connectionTimeout: 2_000 }),
  });
  let last = 0;
  socket.addEventListener('open', () => socket.send(JSON.stringify({ after: last })));
  socket.addEventListener('error', ({ message }) => record.note(`error event ${message ?? ''}`));
  socket.addEventListener('close', ({ code }) => record.note(`close event ${code}`));
  socket.addEventListener('message', ({ data }) => {
    const { seq, word, isEnd } = JSON.parse(String(data));
    if (isEnd) {
      socket.close();
      return record.complete();
    }
    last = Number(seq);
    record.add(word);
  });
  return { stop: () => socket.close() };
}

export const drivers = { partysocket, reconnectingWebsocket };
