// Stands for edged in a process of its own: GET /<bytes> sends so many, an upgraded connection takes so many and says so.
import { createServer } from 'node:http';

const PIECE = Buffer.alloc(64 * 1024, 'x');

const server = createServer((request, response) => {
  let left = bytesOf(request);
  response.writeHead(200);
  const more = () => {
    while (left > 0) {
      const piece = PIECE.subarray(0, Math.min(left, PIECE.length));
      left -= piece.length;
      if (!response.write(piece)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
});
server.on('upgrade', (request, socket, head) => {
  let left = bytesOf(request);
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
  socket.on('error', () => {});
  const take = (piece) => {
    left -= piece.length;
    if (left <= 0) socket.end();
  };
  take(head);
  socket.on('data', take);
});

/** The last part of the path. */
function bytesOf({ url }) {
  return Number(url.slice(url.lastIndexOf('/') + 1));
}

server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit());
