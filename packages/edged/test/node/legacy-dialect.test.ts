import { afterEach, describe, expect, test } from '@jest/globals';
import { settled } from '../support/fake-clock.js';
import { FakeCloud, NODE, OFFLINE, SILENCE } from '../support/fake-cloud.js';

let cloud: FakeCloud;
afterEach(() => cloud.stop());

const INSERT = `insert default/nodestatus/${NODE}`;
const UPDATE = `update default/nodestatus/${NODE}`;
const times = () => cloud.sent.map(({ at }) => at - cloud.sent[0]!.at);

describe('legacy node reporting', () => {
  test('registers once, then reports at once and every period (acceptance 1)', async () => {
    cloud = await new FakeCloud('2020').start();
    await cloud.clock.advance(30_000);
    expect(cloud.routes()).toEqual([INSERT, UPDATE, UPDATE, UPDATE, UPDATE]);
    expect(times()).toEqual([0, 0, 10_000, 20_000, 30_000]);
    const [insert, update] = cloud.sent;
    expect(insert).toMatchObject({ source: 'edged', group: 'meta' });
    expect(insert!.content).toMatchObject({
      metadata: {
        labels: {
          'kubernetes.io/arch': 'amd64',
          'kubernetes.io/hostname': NODE,
          'kubernetes.io/os': 'linux',
          'node-role.kubernetes.io/agent': '',
          'node-role.kubernetes.io/edge': '',
        },
      },
      status: {
        capacity: { cpu: '2', memory: '24105Mi', pods: '110' },
        allocatable: { cpu: '2', memory: '24005Mi', pods: '110' },
        daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      },
    });
    expect(update!.content).toMatchObject({
      UID: '38796d14-1df3-11e8-8e5a-286ed488f209',
      Status: {
        phase: 'Running',
        addresses: [
          { type: 'InternalIP', address: '10.77.0.11' },
          { type: 'Hostname', address: NODE },
        ],
        daemonEndpoints: { kubeletEndpoint: { Port: 10350 } },
        nodeInfo: {
          kubeletVersion: 'v1.17.1-kubeedge-v1.4.0-alpha.0',
          containerRuntimeVersion: 'docker://20.10.24',
        },
      },
      ExtendResources: null,
    });
  });

  test('the transition time stays while only the heartbeat moves', async () => {
    cloud = await new FakeCloud('2020').start();
    await cloud.clock.advance(10_000);
    const ready = () => {
      const content = cloud.sent.at(-1)!.content as { Status: { conditions: Record<string, string>[] } };
      return content.Status.conditions[0]!;
    };
    expect(ready()).toMatchObject({
      status: 'True',
      lastHeartbeatTime: '2026-11-23T08:00:10Z',
      lastTransitionTime: '2026-11-23T08:00:00Z',
    });
    cloud.engine = async () => {
      throw new Error('connect ENOENT /var/run/docker.sock');
    };
    await cloud.clock.advance(10_000);
    expect(ready()).toMatchObject({
      status: 'False',
      reason: 'EdgeNotReady',
      message: 'connect ENOENT /var/run/docker.sock',
      lastTransitionTime: '2026-11-23T08:00:20Z',
    });
  });

  test('volumes in use are part of each status; attached ones are the cloud’s', async () => {
    cloud = new FakeCloud('2020');
    cloud.volumesInUse = ['kubernetes.io/csi/d^a'];
    await cloud.start();
    cloud.volumesInUse = [];
    await cloud.clock.advance(10_000);
    const [used, free] = cloud
      .of('nodestatus')
      .slice(1)
      .map(({ content }) => (content as { Status: object }).Status);
    expect(used).toMatchObject({ volumesInUse: ['kubernetes.io/csi/d^a'] });
    expect(free).not.toHaveProperty('volumesInUse');
    expect(JSON.stringify(cloud.sent)).not.toContain('volumesAttached');
  });

  test('an engine that hangs makes the node not ready within a period', async () => {
    cloud = new FakeCloud('2020');
    cloud.engine = () => new Promise(() => {});
    await cloud.start();
    await cloud.clock.advance(10_000);
    expect(cloud.sent[1]!.content).toMatchObject({
      Status: { conditions: [{ status: 'False', message: 'no answer within 5000 ms' }] },
    });
  });

  test('a registration without an answer is repeated; no update before it succeeded (acceptance 2)', async () => {
    cloud = new FakeCloud('2020');
    cloud.script = () => SILENCE;
    await cloud.start();
    await cloud.clock.advance(59_999);
    expect(cloud.routes()).toEqual([INSERT]);
    cloud.script = () => undefined;
    await cloud.clock.advance(1);
    expect(cloud.routes()).toEqual([INSERT, INSERT, UPDATE]);
  });

  test.each(['', 'nodes "n1" is forbidden', { ErrStatus: { reason: 'Forbidden', code: 403 } }])(
    'refused with %j: tried again after a period',
    async (refusal) => {
      cloud = new FakeCloud('2020');
      cloud.script = () => refusal;
      await cloud.start();
      await cloud.clock.advance(20_000);
      expect(cloud.routes()).toEqual([INSERT, INSERT, INSERT]);
      expect(times()).toEqual([0, 10_000, 20_000]);
    },
  );

  test('registerNode false: only updates', async () => {
    cloud = await new FakeCloud('2020', { registerNode: false, registerNamespace: 'reg' }).start();
    await cloud.clock.advance(10_000);
    expect(new Set(cloud.routes())).toEqual(new Set([`update reg/nodestatus/${NODE}`]));
  });

  test('registerNode false and no answers: updates stay at their period', async () => {
    cloud = new FakeCloud('2020', { registerNode: false });
    cloud.script = () => SILENCE;
    await cloud.start();
    await cloud.clock.advance(50_000);
    expect(cloud.routes()).toEqual(Array(6).fill(UPDATE));
  });

  test('three unanswered updates on a live connection: registered again', async () => {
    cloud = await new FakeCloud('2020').start();
    cloud.script = ({ operation }) => (operation === 'update' ? SILENCE : undefined);
    await cloud.clock.advance(10_000 + 3 * 10_000);
    expect(cloud.routes().slice(0, 6)).toEqual([INSERT, UPDATE, UPDATE, UPDATE, UPDATE, INSERT]);
  });

  test('an answer in between starts the count anew; being offline does not count', async () => {
    cloud = await new FakeCloud('2020').start();
    let updates = 0;
    cloud.script = ({ operation }) => {
      if (operation !== 'update') return undefined;
      updates += 1;
      return updates % 3 === 0 ? undefined : updates % 2 === 0 ? SILENCE : OFFLINE;
    };
    await cloud.clock.advance(200_000);
    expect(cloud.routes().filter((route) => route === INSERT)).toHaveLength(1);
  });

  test('a new connection: a status at once, no new registration', async () => {
    cloud = await new FakeCloud('2020').start();
    await cloud.clock.advance(3000);
    cloud.link.set({ connected: false });
    await cloud.clock.advance(60_000);
    expect(cloud.sent).toHaveLength(2);
    cloud.link.set({ connected: true });
    await settled();
    expect(cloud.routes()).toEqual([INSERT, UPDATE, UPDATE]);
  });
});
