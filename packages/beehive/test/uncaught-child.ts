/** Two modules. Each line is a message to one that throws in a timer, where nothing can catch it. Prints each start. */
import { createInterface } from 'node:readline';
import { createBus, createMessage, type Module } from '../src/index.js';

const again = { when: 'onFailure', intervalMs: 1, jitter: 0 } as const;
const runs: Record<string, number> = {};

const made = (name: string): Module => ({
  name,
  group: name,
  async run(ctx) {
    runs[name] = (runs[name] ?? 0) + 1;
    console.log(`${name} ${runs[name]}`);
    for await (const { content } of ctx.receive()) {
      setTimeout(() => {
        const error = new Error(String(content));
        if (content === 'throw') throw error;
        void Promise.reject(error);
      }, 1);
    }
  },
});

const bus = createBus().add(made('leaky'), again).add(made('sound'), again);
const onError = (error: unknown) => {
  if (!bus.claimError(error)) console.log('unclaimed');
};
process.on('uncaughtException', onError);
process.on('unhandledRejection', onError);
const me = bus.join('me');
bus.start();
for await (const content of createInterface({ input: process.stdin })) {
  await me.send('leaky', createMessage({ operation: 'update', resource: 'default/work/a', content }));
}
void Promise.reject(new Error('of nobody'));
await new Promise((resolve) => setImmediate(resolve));
console.log((await bus.stop()).clean ? 'clean' : 'not clean');
