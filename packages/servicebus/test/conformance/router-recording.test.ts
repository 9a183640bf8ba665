import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeMessage, type Message, withFields } from '@edgecore/beehive';
import { golden } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { TestNode } from '../support/node.js';
import { startService } from '../support/service.js';

const lines = golden('v1.23', 'router.jsonl').map((line) => ({
  dir: line['dir'],
  message: decodeMessage(Buffer.from(line['raw'] as string, 'hex')),
}));

interface RecordedAnswer {
  readonly header: Record<string, string[]>;
  readonly status_code: number;
  readonly body: string;
}

const question = lines.find(({ message }) => message.source === 'router_servicebus')!.message;
const recorded = lines.find(({ message }) => message.parentId === question.id)!
  .message as Message<RecordedAnswer>;

test('the recorded call of CloudCore v1.23 gets the recorded answer', async () => {
  const { header, status_code: status, body } = recorded.content;
  const service = await startService((_: IncomingMessage, response: ServerResponse) => {
    // Python's server of the recording sent these and nothing else; Node would add its own.
    response.sendDate = false;
    response.shouldKeepAlive = false;
    response.socket!.end(
      [
        `HTTP/1.0 ${status} OK`,
        ...Object.entries(header).flatMap(([name, values]) => values.map((value) => `${name}: ${value}`)),
        '',
        '',
      ]
        .join('\r\n')
        .concat(Buffer.from(body, 'base64').toString('latin1')),
      'latin1',
    );
  });
  const node = await TestNode.start();
  // The service of the recording listened on 6666; ours takes a free port.
  const request = withFields(question, { resource: question.resource.replace('6666', String(service.port)) });
  const answer = await node.call(request);
  const { id: _, timestamp: __, ...ours } = answer;
  const { id: ___, timestamp: ____, ...theirs } = recorded;
  expect(ours).toEqual(theirs);
  expect(service.seen).toMatchObject([
    {
      method: 'POST',
      url: '/hello',
      body: 'hi svc',
      headers: {
        accept: '*/*',
        'content-length': '6',
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'curl/7.88.1',
        'x-test': '7',
      },
    },
  ]);
});

test('the rest of the recording is for the event bus and leaves this module alone', async () => {
  const node = await TestNode.start();
  for (const { dir, message } of lines)
    if (dir === 'down' && message.id !== question.id) await node.down(message);
  await node.call(withFields(question, { id: 'last', resource: 'none' }));
  expect(node.up).toHaveLength(1);
  expect(node.complaints).toEqual([]);
});
