// `serve`: echoes TCP on 7 and UDP on 5001. `ask <address> <port>`: one datagram over a connected socket, so that only
// an answer of that very address and port is taken.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const [what, address, port] = process.argv.slice(2);
const udp = createSocket('udp4');
if (what === 'serve') {
  udp.on('message', (data, from) => udp.send(data, from.port, from.address));
  udp.bind(5001, () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    server.listen(7, () => console.log('ready'));
  });
} else {
  udp.on('message', (data) => {
    console.log(data.toString());
    process.exit(0);
  });
  udp.on('error', ({ code }) => {
    console.log(code);
    process.exit(0);
  });
  udp.connect(Number(port), address, () => udp.send('hello'));
  setTimeout(() => process.exit(1), 3000);
}
