/** Prints whether `node:http2` is loaded: with the package and a server that listens, and after a call. */
import { callUnaryBytes, GrpcServer } from '@edgecore/grpc';

const isLoaded = () =>
  (process as unknown as { moduleLoadList: string[] }).moduleLoadList.includes(
    'NativeModule internal/http2/core',
  );

const server = new GrpcServer({ methods: [['/a.B/C', async () => Buffer.alloc(0)]] });
const address = await server.listen({ host: '127.0.0.1', port: 0 });
const before = isLoaded();
await callUnaryBytes(address, '/a.B/C', Buffer.alloc(0));
console.log(JSON.stringify({ before, after: isLoaded() }));
await server.close();
