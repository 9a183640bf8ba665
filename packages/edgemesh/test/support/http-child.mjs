// An endpoint that can be killed: says `ok` on the port given, and prints it when it listens.
import { createServer } from 'node:http';

const server = createServer((_, response) => response.end('ok'));
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log(server.address().port));
