import { BUSYBOX_IMAGE, docker, ensureTestImages, eventually, freePort, withDocker } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { EdgeSite } from '../support/edge-site.js';

const describeDocker = await withDocker();

interface ListedPod {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly ready: boolean;
      readonly containerID: string;
      readonly state: { readonly terminated?: { readonly exitCode: number } };
    }[];
  };
}

let site: EdgeSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

/** A node that has never seen a cloud, and its pods. */
async function offlineNode(engine: 'docker' | 'process', profile: '2020' | 'current') {
  const port = await freePort();
  const here = await EdgeSite.open({ engine, profile, dbTestPort: port });
  site = here;
  here.link.cut();
  await here.startAgent().says(`edgecore runs as node ${here.node}`);
  const url = `http://127.0.0.1:${port}/pods`;
  return {
    /** As little as people write by hand: no namespace defaults, no node, no status. */
    put: async (name: string, command: string, spec: object = {}, container: object = {}) => {
      const main = { name: 'main', image: BUSYBOX_IMAGE, command: ['/bin/sh', '-c', command], ...container };
      const body = JSON.stringify({
        metadata: { name, namespace: 'default', uid: `uid-${name}` },
        spec: { containers: [main], terminationGracePeriodSeconds: 1, ...spec },
      });
      const sent = async () => (await fetch(url, { method: 'PUT', body })).status === 200;
      await eventually(sent, { what: 'dbTest' });
    },
    pod: async (name: string) => {
      const { items } = (await (await fetch(url)).json()) as { items: readonly ListedPod[] | null };
      const found = items?.find(({ metadata }) => metadata.name === name);
      const main = found?.status?.containerStatuses?.[0];
      return {
        phase: found?.status?.phase,
        ready: main?.ready,
        restarts: main?.restartCount,
        exitCode: main?.state.terminated?.exitCode,
        id: main?.containerID.replace('docker://', '') ?? '',
      };
    },
  };
}

describe('a pod put in by hand, with nothing but its container (dbtest.md)', () => {
  test.each(['2020', 'current'] as const)(
    'runs where the cloud would be %s',
    async (profile) => {
      const { put, pod } = await offlineNode('process', profile);
      await put('bare', 'exec sleep 1000');
      await eventually(async () => (await pod('bare')).phase === 'Running');
      expect(await pod('bare')).toMatchObject({ ready: true, restarts: 0 });
    },
    40_000,
  );
});

describeDocker('pods put in by hand act as those of a cloud (dbtest.md)', () => {
  test('restart policies, a probe, ports, the network of the host, limits', async () => {
    await ensureTestImages();
    const { put, pod } = await offlineNode('docker', 'current');
    const [hostPort, ownPort] = [await freePort(), await freePort()];
    const serve = (port: number) =>
      `mkdir /w; echo "served on ${port}" >/w/index.html; exec httpd -f -h /w -p`;
    await put(
      'again',
      'test -e /s/seen || { touch /s/seen; exit 1; }',
      { restartPolicy: 'OnFailure', volumes: [{ name: 's', emptyDir: {} }] },
      { volumeMounts: [{ name: 's', mountPath: '/s' }] },
    );
    await put('once', 'exit 3', { restartPolicy: 'Never' });
    await put(
      'ill',
      'exec sleep 1000',
      {},
      { livenessProbe: { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 } },
    );
    await put(
      'port',
      `${serve(hostPort)} 80`,
      {},
      {
        ports: [{ containerPort: 80, hostPort }],
        resources: { limits: { cpu: '250m', memory: '48Mi' } },
      },
    );
    await put(
      'host',
      `${serve(ownPort)} 127.0.0.1:${ownPort}`,
      { hostNetwork: true },
      { readinessProbe: { tcpSocket: { port: ownPort, host: '127.0.0.1' }, periodSeconds: 1 } },
    );

    const text = async (port: number) => (await (await fetch(`http://127.0.0.1:${port}/`)).text()).trim();
    await eventually(async () => (await text(hostPort)) === `served on ${hostPort}`, { timeoutMs: 20_000 });
    await eventually(async () => (await text(ownPort)) === `served on ${ownPort}`, { timeoutMs: 20_000 });
    await eventually(async () => (await pod('host')).ready === true, { timeoutMs: 20_000 });
    await eventually(async () => (await pod('once')).phase === 'Failed', { timeoutMs: 20_000 });
    await eventually(async () => (await pod('again')).phase === 'Succeeded', { timeoutMs: 20_000 });
    await eventually(async () => ((await pod('ill')).restarts ?? 0) > 0, { timeoutMs: 20_000 });
    expect(await pod('once')).toMatchObject({ exitCode: 3, restarts: 0 });
    expect(await pod('again')).toMatchObject({ exitCode: 0, restarts: 1 });
    expect((await pod('ill')).phase).toBe('Running');

    const { id } = await pod('port');
    const limits = '{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}} {{.HostConfig.CpuPeriod}}';
    expect(await docker('inspect', id, '--format', limits)).toBe(`${48 * 1_048_576} 25000 100000`);
  }, 90_000);
});
