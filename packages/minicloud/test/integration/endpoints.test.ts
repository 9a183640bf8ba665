import type { Minicloud } from '@edgecore/minicloud';
import { eventually, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { type FakeEdge, podObject } from '../fake-edge.js';
import { Lab, PROFILES } from '../lab.js';

const lab = new Lab();

interface Subset {
  readonly addresses?: readonly { ip: string }[];
  readonly notReadyAddresses?: readonly { ip: string }[];
  readonly ports?: readonly { port: number }[];
}

const service = (spec: object = {}, labels?: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', ...(labels ? { labels } : {}) },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
});
const ownEndpoints = {
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name: 'web' },
  subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 8080 }] }],
};

const endpoints = (cloud: Minicloud) => cloud.get('Endpoints', 'default', 'web');
const subsets = (cloud: Minicloud) => endpoints(cloud)?.['subsets'] as Subset[] | undefined;
const addresses = (cloud: Minicloud) => subsets(cloud)?.[0]?.addresses?.map(({ ip }) => ip);

async function applyPod(cloud: Minicloud, name: string, app = 'web'): Promise<string> {
  return (await cloud.apply({ ...podObject(name), metadata: { name, labels: { app } } })).metadata.uid;
}

/** The legacy report both clouds understand. */
function report(edge: FakeEdge, Name: string, UID: string, podIP: string, ready = 'True') {
  const Status = { phase: 'Running', podIP, conditions: [{ type: 'Ready', status: ready }] };
  return edge.tell('update', `default/podstatus/${Name}`, { UID, Name, Status });
}

describe.each(PROFILES)('a %s cloud keeps endpoints', (profile) => {
  test('they follow the pods, and go with the service', async () => {
    const cloud = await lab.start(profile);
    const edge = await lab.readyNode(cloud);
    await cloud.apply(service({}, { team: 'shop' }));
    await eventually(() => endpoints(cloud));
    expect(endpoints(cloud)?.metadata.labels).toMatchObject({ team: 'shop' });
    expect(subsets(cloud)).toBeUndefined();

    const one = await applyPod(cloud, 'web-1');
    const two = await applyPod(cloud, 'web-2');
    await report(edge, 'web-1', one, '10.0.0.1');
    await report(edge, 'web-2', two, '10.0.0.2', 'False');
    await eventually(() => subsets(cloud)?.[0]?.notReadyAddresses && addresses(cloud));
    expect(subsets(cloud)).toEqual([
      {
        addresses: [
          {
            ip: '10.0.0.1',
            nodeName: 'edge-1',
            targetRef: { kind: 'Pod', name: 'web-1', namespace: 'default', uid: one },
          },
        ],
        notReadyAddresses: [expect.objectContaining({ ip: '10.0.0.2' })],
        ports: [{ port: 8080, protocol: 'TCP' }],
      },
    ]);

    await report(edge, 'web-2', two, '10.0.0.2');
    await eventually(() => addresses(cloud)?.length === 2);
    // A deleted pod is out at once, not only when it has stopped.
    await cloud.delete('Pod', 'default', 'web-1');
    await eventually(() => addresses(cloud)?.join() === '10.0.0.2');
    expect(cloud.get('Pod', 'default', 'web-1')?.metadata.deletionTimestamp).toBeDefined();
    await cloud.apply(service({ ports: [{ port: 80, targetPort: 9090 }] }));
    await eventually(() => subsets(cloud)?.[0]?.ports?.[0]?.port === 9090);
    expect(endpoints(cloud)?.metadata.labels).not.toHaveProperty('team');

    await cloud.delete('Service', 'default', 'web');
    await eventually(() => endpoints(cloud) === undefined);
  });

  test('what a user applied is his; made anew once he deletes it', async () => {
    const cloud = await lab.start(profile);
    const edge = await lab.readyNode(cloud);
    const uid = await applyPod(cloud, 'web-1');
    await report(edge, 'web-1', uid, '10.0.0.1');
    // In either order, and at once: whoever is first, the user wins.
    await Promise.all([cloud.apply(service()), cloud.apply(ownEndpoints)]);
    await cloud.apply(ownEndpoints);
    expect(addresses(cloud)).toEqual(['192.0.2.7']);
    await report(edge, 'web-1', uid, '10.0.0.2');
    await edge.ask('query', 'default/node/edge-1');
    expect(addresses(cloud)).toEqual(['192.0.2.7']);

    await cloud.delete('Endpoints', 'default', 'web');
    await eventually(() => addresses(cloud)?.join() === '10.0.0.2');
    await cloud.apply(ownEndpoints);
    await cloud.delete('Service', 'default', 'web');
    await cloud.apply(service());
    expect(addresses(cloud)).toEqual(['192.0.2.7']);
  });

  test('none for ExternalName and for services without selector', async () => {
    const cloud = await lab.start(profile);
    await cloud.apply({ ...service({ type: 'ExternalName' }), metadata: { name: 'outside' } });
    await cloud.apply({ ...service({ selector: undefined }), metadata: { name: 'by-hand' } });
    await cloud.apply(service());
    await eventually(() => endpoints(cloud));
    for (const name of ['outside', 'by-hand'])
      expect(cloud.get('Endpoints', 'default', name)).toBeUndefined();
  });

  test('nothing changed, nothing written; what was missed is made good at the next start', async () => {
    const dataDir = await tempDir();
    const first = await lab.start(profile, { dataDir });
    const edge = await lab.readyNode(first);
    await first.apply(service({ clusterIP: 'None' }));
    const uid = await applyPod(first, 'web-1');
    await report(edge, 'web-1', uid, '10.0.0.1');
    await eventually(() => addresses(first));
    expect(endpoints(first)?.metadata.labels).toHaveProperty(['service.kubernetes.io/headless'], '');
    const version = endpoints(first)?.metadata.resourceVersion;
    // A change of the pod that is none for the endpoints, then one of another service behind it.
    await first.apply({
      ...podObject('web-1'),
      metadata: { name: 'web-1', labels: { app: 'web', more: 'yes' } },
    });
    await first.apply({ ...service(), metadata: { name: 'later' } });
    await eventually(() => first.get('Endpoints', 'default', 'later'));
    expect(endpoints(first)?.metadata.resourceVersion).toBe(version);
    await edge.close();
    await first.close();

    const second = await lab.start(profile, { dataDir });
    await eventually(() => second.get('Endpoints', 'default', 'later'));
    expect(endpoints(second)?.metadata.resourceVersion).toBe(version);
    await second.delete('Pod', 'default', 'web-1', { graceSeconds: 0 });
    await eventually(() => subsets(second) === undefined);
  });
});

test('a 2020 cloud pushes what it made, as it pushes what users made', async () => {
  const cloud = await lab.start('2020');
  const edge = await lab.readyNode(cloud);
  await cloud.apply(service());
  await edge.waitFor(
    ({ operation, resource }) => operation === 'insert' && resource === 'default/endpoints/web',
  );
  await report(edge, 'web-1', await applyPod(cloud, 'web-1'), '10.0.0.1');
  const { content } = await edge.waitFor(
    ({ operation, resource, content }) =>
      operation === 'update' &&
      resource === 'default/endpoints/web' &&
      JSON.stringify(content).includes('10.0.0.1'),
  );
  expect(content).not.toHaveProperty('kind');
  await cloud.delete('Service', 'default', 'web');
  await edge.waitFor(
    ({ operation, resource }) => operation === 'delete' && resource === 'default/endpoints/web',
  );
});
