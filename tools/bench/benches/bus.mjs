import { EventEmitter, on } from 'node:events';
import { createBus, createMessage } from '@edgecore/beehive';
import { compareRates } from '../lib/numbers.mjs';

const COUNT = 20_000;

export const about = 'messages through the bus';

export async function* run({ rounds }) {
  const bus = createBus();
  let received = () => {};
  bus.add({
    name: 'sink',
    group: 'bench',
    async run(ctx) {
      for await (const message of ctx.receive()) received(message);
    },
  });
  bus.add({
    name: 'echo',
    group: 'bench',
    async run(ctx) {
      for await (const message of ctx.receive()) ctx.respond(message, 'OK');
    },
  });
  const me = bus.join('bench-sender');
  bus.start();
  const message = () => createMessage({ operation: 'update', resource: 'default/pod/web', content: 'x' });

  const oneWay = await compareRates({
    rounds,
    count: COUNT,
    async subject(count) {
      let left = count;
      const done = new Promise((resolve) => {
        received = () => --left === 0 && resolve();
      });
      for (let n = 0; n < count; n += 1) await me.send('sink', message());
      await done;
    },
    baseline: (count) => throughEmitter(count, message),
  });
  const request = await compareRates({
    rounds,
    count: COUNT / 4,
    async subject(count) {
      for (let n = 0; n < count; n += 1) await me.request('echo', message());
    },
    async baseline(count) {
      for (let n = 0; n < count; n += 1) await callThroughEmitter(message());
    },
  });
  await bus.stop();
  yield {
    title: `bus (${rounds} rounds)`,
    rows: [
      {
        what: 'sent and received',
        unit: '/s',
        value: oneWay.subject,
        baseline: oneWay.baseline,
        of: 'events.on',
      },
      {
        what: 'request and answer',
        unit: '/s',
        value: request.subject,
        baseline: request.baseline,
        of: 'emitter',
      },
    ],
  };
}

/** The nearest thing in Node: an emitter read as an async iterator. Unbounded, without groups or deadlines. */
async function throughEmitter(count, message) {
  const emitter = new EventEmitter();
  const received = on(emitter, 'message');
  for (let n = 0; n < count; n += 1) {
    emitter.emit('message', message());
    await undefined;
  }
  let left = count;
  for await (const _ of received) if (--left === 0) break;
}

function callThroughEmitter(message) {
  const emitter = new EventEmitter();
  emitter.once('message', async (question) => {
    await undefined;
    emitter.emit(question.id, 'OK');
  });
  return new Promise((resolve) => {
    emitter.once(message.id, resolve);
    emitter.emit('message', message);
  });
}
