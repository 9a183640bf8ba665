import { createBus, createMessage, type Module } from '@edgecore/beehive';

const greeter: Module = {
  name: 'greeter',
  group: 'demo',
  async run(ctx) {
    for await (const message of ctx.receive()) ctx.respond(message, `hello ${message.content}`);
  },
};

const bus = createBus().add(greeter);
const me = bus.join('me');
bus.start();

const question = createMessage({ operation: 'query', resource: 'demo/greeting', content: 'edge' });
const answer = await me.request('greeter', question, { timeoutMs: 1000 });
console.log(answer.operation, answer.content);
console.log(answer.parentId === question.id);
await bus.stop();
