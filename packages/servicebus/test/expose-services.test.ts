import { createMessage, type Message } from '@edgecore/beehive';
import { exposeServices, type MessageLink } from '@edgecore/servicebus';
import { eventually } from '@edgecore/testing';
import { MemoryNetwork } from '@edgecore/viaduct';
import { expect, test } from '@jest/globals';
import { call, read } from './support/requests.js';
import { startService } from './support/service.js';

/** The two ends of a link in memory. */
async function linked() {
  const network = new MemoryNetwork();
  const cloud = network.listen({ host: 'cloud', port: 1 });
  const edge = await network.transport.dial({
    url: 'ws://cloud:1/p/n/events',
    nodeName: 'n',
    projectId: 'p',
  });
  const { value: far } = await cloud.connections().next();
  return { edge, far: far!, close: () => cloud.close() };
}

test('requests are answered side by side, other messages ignored, until the link ends', async () => {
  const held: (() => void)[] = [];
  const service = await startService((request, response) => {
    if (request.url === '/slow') held.push(() => response.end('slow'));
    else response.end('quick');
  });
  const { edge, far, close } = await linked();
  const exposed = exposeServices(edge);
  const requests = [call(`${service.port}:/slow`), call(`${service.port}:/quick`)];
  await far.send(createMessage({ source: 'edgecontroller', operation: 'update', resource: 'default/pod/x' }));
  await far.send(createMessage({ source: 'router_servicebus', operation: 'start', resource: 'http://x' }));
  for (const request of requests) await far.send(request);
  const answers: Message[] = [];
  for await (const answer of far.messages()) {
    answers.push(answer);
    if (answers.length === 1) {
      await eventually(() => held.length === 1);
      held[0]!();
    } else break;
  }
  expect(answers.map((answer) => [answer.parentId, read(answer).text])).toEqual([
    [requests[1]!.id, 'quick'],
    [requests[0]!.id, 'slow'],
  ]);
  await edge.close();
  await exposed;
  await close();
});

test('the signal ends it; what is under way gets its answer', async () => {
  const service = await startService(() => {});
  const { edge, far, close } = await linked();
  const end = new AbortController();
  const exposed = exposeServices(edge, { signal: end.signal });
  await far.send(call(`${service.port}:/x`));
  await eventually(() => service.seen.length === 1);
  end.abort();
  await exposed;
  const { value: answer } = await far.messages().next();
  expect(read(answer).status).toBe(503);
  await edge.close();
  await close();
});

test('a link that breaks is told to the caller, one that takes no answer is not', async () => {
  const broken: MessageLink = {
    async *messages() {
      yield call('none');
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error('the line is dead');
    },
    send: () => Promise.reject(new Error('not now')),
  };
  await expect(exposeServices(broken)).rejects.toThrow('the line is dead');
});
