import { callUnary, GrpcCode, GrpcError, GrpcServer, message, method, unary } from '@edgecore/grpc';

// package lamps.v1; service Lamps { rpc Switch(SwitchRequest) returns (Lamp); }
const SwitchRequest = message('SwitchRequest', { name: [1, 'string'], on: [2, 'bool'] });
const Lamp = message('Lamp', {
  name: [1, 'string'],
  labels: [2, 'string', 'map'],
  switchedAtMs: [3, 'int64'],
});
const switchLamp = method('/lamps.v1.Lamps/Switch', SwitchRequest, Lamp);

const server = new GrpcServer({
  methods: [
    unary(switchLamp, ({ name, on }) => {
      if (name !== 'hall') throw new GrpcError(GrpcCode.NOT_FOUND, `there is no lamp ${name}`);
      return { name, labels: new Map([['state', on ? 'on' : 'off']]), switchedAtMs: 1_600_000_000_000n };
    }),
  ],
});
// Or { socketPath: '/run/lamps.sock' }.
const address = await server.listen({ host: '127.0.0.1', port: 0 });

const lamp = await callUnary(address, switchLamp, { name: 'hall', on: true }, { timeoutMs: 2000 });
console.log(`${lamp.name} is ${lamp.labels.get('state')} since ${lamp.switchedAtMs}`);

const refused = await callUnary(address, switchLamp, { name: 'attic' }).catch((error: GrpcError) => error);
if (refused instanceof GrpcError) console.log(`status ${refused.status}: ${refused.message}`);

await server.close();
