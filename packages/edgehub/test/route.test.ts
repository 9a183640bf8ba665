import { createMessage, type Message } from '@edgecore/beehive';
import { expect, test } from '@jest/globals';
import { refuseNodeTask } from '../src/inbound/node-tasks.js';
import { route } from '../src/inbound/route.js';

const meta = { kind: 'group', group: 'meta' };
const late = { kind: 'drop', level: 'debug', reason: expect.stringContaining('nobody waits') };
const unknown = (text: string) => ({ kind: 'drop', level: 'warn', reason: expect.stringContaining(text) });

// edgehub.md §6, the same for both clouds; messages no request waits for.
const table: [Partial<Message>, object][] = [
  [{ group: 'resource', operation: 'insert', resource: 'default/pod/web' }, meta],
  [{ group: 'resource', operation: 'response', parentId: 'late', resource: 'default/configmap/c' }, meta],
  [{ group: 'func', operation: 'update' }, meta],
  [{ group: 'func', operation: 'response', parentId: 'late' }, late],
  [
    { group: 'twin', operation: 'update', resource: 'membership' },
    { kind: 'group', group: 'twin' },
  ],
  [
    { group: 'twin', operation: 'response', parentId: 'late', resource: 'twin' },
    { kind: 'group', group: 'twin' },
  ],
  [
    { group: 'user', source: 'router_eventbus', operation: 'publish' },
    { kind: 'module', module: 'eventbus' },
  ],
  [
    { group: 'user', source: 'router_servicebus', operation: 'POST' },
    { kind: 'module', module: 'servicebus' },
  ],
  [
    { group: 'user', source: 'router_rest', operation: 'GET' },
    { kind: 'module', module: 'servicebus' },
  ],
  [{ group: 'user', source: 'servicebus', operation: 'response', parentId: 'late' }, late],
  [{ group: 'user', source: 'stranger', operation: 'publish' }, unknown('source "stranger"')],
  [{ group: 'user', source: 'constructor', operation: 'publish' }, unknown('source "constructor"')],
  [
    { group: 'taskmanager', operation: 'Check' },
    { kind: 'module', module: 'taskmanager' },
  ],
  [{ group: 'cloudhub', operation: 'disconnected' }, unknown('group "cloudhub"')],
  [{ group: '', operation: 'insert' }, unknown('group ""')],
  [{ group: 'resource', operation: '' }, unknown('no operation')],
];

test.each(table)('%j', (fields, destination) => {
  expect(route(createMessage<unknown>(fields))).toEqual(destination);
});

const NOW = new Date('2026-07-01T00:00:00.123Z');

test('the refusal of a node task is U27 (edgehub.md §8, wire.md §6.2)', () => {
  const resource = 'operations.kubeedge.io/v1alpha2/nodeupgradejob/job1/node/edge-01';
  const refusal = refuseNodeTask(
    createMessage({ group: 'taskmanager', operation: 'Check', resource }),
    'edge-01',
    NOW,
  );
  expect(refusal).toMatchObject({
    parentId: '',
    source: 'websocket',
    group: 'hub',
    operation: 'UpdateNodeActionStatus',
    resource,
    content: { action: 'Check', succ: false, finishTime: '2026-07-01T00:00:00Z', extend: '' },
  });
  expect(refusal.content).toHaveProperty('reason', expect.stringMatching(/./));
});

test.each(['upgrade', 'prepull'])('the refusal of an old "%s" task is U28', (operation) => {
  const task = createMessage<unknown>({
    group: 'taskmanager',
    operation,
    resource: `${operation}/task-7/node/edge-01`,
    content: { TaskID: 'task-7', Type: operation, State: 'Checking', Item: {} },
  });
  expect(refuseNodeTask(task, 'edge-01', NOW)).toMatchObject({
    source: 'websocket',
    group: 'hub',
    operation,
    resource: 'task/task-7/node/edge-01',
    content: { NodeName: 'edge-01', State: '', Event: 'Checking', Action: 'Failure', ExternalMessage: '' },
  });
});
