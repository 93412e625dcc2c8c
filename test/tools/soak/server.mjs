/** A live feed that outlives its server: event n is due n × 5 ms after the beginning, whoever serves it. */

import { createServer } from 'node:http';

const PACE_MS = 5;
const [port, began] = process.argv.slice(2).map(Number);

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let last = Number(request.headers['last-event-id'] ?? 0);
  const timer = setInterval(() => {
    const due = Math.floor((Date.now() - began) / PACE_MS);
    while (last < due) {
      last += 1;
      response.write(`id: ${last}\ndata: event ${last} of a live feed\n\n`);
    }
  }, PACE_MS);
  response.on('close', () => clearInterval(timer));
});
server.listen(port, '127.0.0.1', () => process.send?.(server.address().port));
// A server without the process that started it serves nobody.
process.on('disconnect', () => process.exit());
