import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { codeOf, type Fixture, text } from './fixture.js';

/** What capabilities promise; without them the runtime refuses instead of pretending. */
export function isolationTests(fixture: Fixture): void {
  const { capabilities } = fixture.setup;
  const gated = (has: boolean) => (has ? test : test.skip);

  gated(capabilities.mounts)('sees its volumes, read-only ones without writing', async () => {
    const host = join(fixture.directory, 'volume');
    await mkdir(host, { recursive: true });
    await writeFile(join(host, 'in'), 'from the node');
    const script =
      'cat /mnt/rw/in; echo made > /mnt/rw/out; (echo x > /mnt/ro/denied) 2>/dev/null || echo " refused"';
    const { id } = await fixture.runShared(script, {
      mounts: [
        { hostPath: host, containerPath: '/mnt/rw', readOnly: false },
        { hostPath: host, containerPath: '/mnt/ro', readOnly: true },
      ],
    });
    const status = await fixture.exited(id);
    expect(await text(fixture.runtime.logs(id))).toBe('from the node refused\n');
    expect(await readFile(join(host, 'out'), 'utf8')).toBe('made\n');
    expect(status.mounts).toEqual(
      expect.arrayContaining([
        { hostPath: host, containerPath: '/mnt/rw', readOnly: false },
        { hostPath: host, containerPath: '/mnt/ro', readOnly: true },
      ]),
    );
  });

  gated(capabilities.securityContext)('runs as the user and groups it is given', async () => {
    const security = { runAsUser: 1234, runAsGroup: 2345, supplementalGroups: [3456] };
    const { id } = await fixture.runShared('id -u; id -g; id -G', { security });
    await fixture.exited(id);
    expect((await text(fixture.runtime.logs(id))).split('\n')).toEqual([
      '1234',
      '2345',
      expect.stringContaining('3456'),
      '',
    ]);
  });

  gated(capabilities.podNetwork)('containers of a pod share its network and host name', async () => {
    const { id, sandbox } = await fixture.run('hostname; hostname -i', {}, { hostname: 'shop' });
    await fixture.exited(id);
    expect((await text(fixture.runtime.logs(id))).split('\n')).toEqual([
      'shop',
      expect.stringContaining(sandbox.ips[0]!),
      '',
    ]);
  });

  gated(capabilities.podNetwork)('names are resolved as the pod asks', async () => {
    const dns = { servers: ['10.96.0.10'], searches: ['n.svc.x', 'x'], options: ['ndots:5'] };
    const { id } = await fixture.run('grep -v ^# /etc/resolv.conf', {}, { dns });
    await fixture.exited(id);
    expect((await text(fixture.runtime.logs(id))).split('\n').filter((line) => line !== '')).toEqual(
      expect.arrayContaining(['nameserver 10.96.0.10', 'search n.svc.x x', 'options ndots:5']),
    );
  });

  gated(capabilities.sharedProcessNamespace)(
    'containers of a pod share their processes when asked to',
    async () => {
      const { id } = await fixture.run('echo $$', {}, { pid: 'pod' });
      await fixture.exited(id);
      expect(Number(await text(fixture.runtime.logs(id)))).toBeGreaterThan(1);
      const alone = await fixture.runShared('echo $$');
      await fixture.exited(alone.id);
      expect(Number(await text(fixture.runtime.logs(alone.id)))).toBe(1);
    },
  );

  gated(!capabilities.podNetwork)(
    'a pod that wants a network of its own is refused or put on the host',
    async () => {
      const config = fixture.sandboxConfig({ network: 'pod' });
      const sandbox = await fixture.runtime.runSandbox(config).catch((error: unknown) => error);
      if (sandbox instanceof Error) {
        expect(await codeOf(Promise.reject(sandbox))).toBe('ERR_UNSUPPORTED_BY_RUNTIME');
      } else {
        expect(sandbox).toMatchObject({ network: 'host', ips: [] });
      }
    },
  );
}
