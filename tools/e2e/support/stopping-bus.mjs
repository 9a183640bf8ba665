// A process that ends as the agent does, with one module of its own: the first message it gets is told on
// standard output before it is worked on. Arguments: kind of module, grace in ms.
import { createBus, createMessage } from '@edgecore/beehive';
import { createLogger, runEdgeCore } from '@edgecore/edgecore';

const [kind, graceMs] = process.argv.slice(2);
const say = (text) => process.stdout.write(`${text}\n`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const work = {
  slow: async ({ id }) => {
    await pause(5);
    say(`handled ${id}`);
  },
  hanging: () => new Promise(() => {}),
  fatal: async ({ id }) => {
    if (id === 'm3') throw new Error('the third message cannot be worked on');
    say(`handled ${id}`);
  },
}[kind];

const log = await createLogger({ level: 'info', pretty: false });
const bus = createBus({ log });
let started;
const begun = new Promise((resolve) => {
  started = resolve;
});
bus.add(
  {
    name: 'worker',
    group: 'worker',
    async run(ctx) {
      // The queue is full and the signal on its way when the work begins.
      await begun;
      for await (const message of ctx.receive()) await work(message);
    },
  },
  { when: kind === 'fatal' ? 'never' : 'onFailure' },
);
const sender = bus.join('sender');

// The agent always has a socket open; without anything a process with a hanging module would just end.
setInterval(() => {}, 60_000);

const code = await runEdgeCore(
  {
    start: async () => bus.start(),
    stop: (options) => bus.stop(options),
    failed: bus.failed,
    claimError: (error) => bus.claimError(error),
  },
  {
    log,
    graceMs: Number(graceMs),
    onStarted: async () => {
      for (let n = 1; n <= 10; n += 1) await sender.send('worker', createMessage({ id: `m${n}` }));
      say('10 messages wait');
      started();
    },
  },
);
process.exit(code);
