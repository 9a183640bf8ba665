import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { docker, eventually, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, type Harness, running } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: security', () => {
  let fixture: DockerFixture;
  let edged: Harness;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start();
  });
  afterAll(() => fixture.close());

  test('#38 runAsUser and runAsGroup', async () => {
    const pod = fixture.pod({}, { securityContext: { runAsUser: 1000, runAsGroup: 3000 } });
    await edged.insert(pod);
    await edged.until(pod, running);
    expect((await fixture.inspect(pod)).Config.User).toBe('1000:3000');
    expect(await fixture.exec(pod, 'sh', '-c', 'id -u; id -g')).toBe('1000\n3000');
  });

  test('#39 runAsNonRoot with a root image is held', async () => {
    const pod = fixture.pod({ securityContext: { runAsNonRoot: true } });
    await edged.insert(pod);
    const status = await edged.until(
      pod,
      (now) => containerOf(now).state.waiting?.reason !== 'ContainerCreating',
    );
    expect(containerOf(status).state.waiting).toMatchObject({ reason: 'CreateContainerConfigError' });
    expect(containerOf(status).state.waiting?.message).toMatch(
      /^container has runAsNonRoot and image will run as root \(pod: "/,
    );
  });

  test('#41 #42 #43 #44 #45 #47 privileges, capabilities, read-only root, seccomp, sysctls', async () => {
    const profiles = join(fixture.directory, 'root/seccomp');
    mkdirSync(profiles, { recursive: true });
    writeFileSync(join(profiles, 'own.json'), '{\n  "defaultAction": "SCMP_ACT_ALLOW"\n}\n');
    const [container] = fixture.pod().spec.containers;
    const pod = fixture.pod(
      {},
      {
        securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] },
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [
          // Runs only where the engine itself has every capability.
          { ...container!, name: 'open', securityContext: { privileged: true } },
          { ...container!, name: 'plain' },
          {
            ...container!,
            name: 'tight',
            volumeMounts: [{ name: 'v', mountPath: '/v' }],
            securityContext: {
              capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
              readOnlyRootFilesystem: true,
              allowPrivilegeEscalation: false,
              seccompProfile: { type: 'RuntimeDefault' },
            },
          },
          {
            ...container!,
            name: 'own',
            securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'own.json' } },
          },
        ],
      },
    );
    await edged.insert(pod);
    await edged.until(pod, (now) => ['plain', 'tight', 'own'].every((name) => containerOf(now, name).ready));
    const open = (await fixture.inspect(pod, 'open')).HostConfig;
    const plain = (await fixture.inspect(pod, 'plain')).HostConfig;
    const tight = (await fixture.inspect(pod, 'tight')).HostConfig;
    expect(open).toMatchObject({ Privileged: true, ReadonlyRootfs: false });
    expect(plain).toMatchObject({ Privileged: false, SecurityOpt: ['seccomp=unconfined'] });
    expect(tight).toMatchObject({ Privileged: false, ReadonlyRootfs: true, CapDrop: ['ALL'] });
    expect(tight.CapAdd?.map((name) => name.replace('CAP_', ''))).toEqual(['NET_ADMIN']);
    expect(tight.SecurityOpt).toEqual(['no-new-privileges']);
    const inTight = (script: string) =>
      docker('exec', fixture.containerName(pod, 'tight'), 'sh', '-c', script);
    await expect(inTight('touch /tmp/f')).rejects.toThrow(/Read-only/);
    await inTight('touch /v/f && echo "10.1.2.3 more" >>/etc/hosts');
    const filter = (name: string) =>
      docker('exec', fixture.containerName(pod, name), 'grep', 'Seccomp:', '/proc/1/status');
    expect((await fixture.inspect(pod, 'own')).HostConfig.SecurityOpt).toEqual([
      'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}',
    ]);
    expect([await filter('plain'), await filter('tight'), await filter('own')]).toEqual([
      'Seccomp:\t0',
      'Seccomp:\t2',
      'Seccomp:\t2',
    ]);
    expect((await fixture.inspect(pod, 'POD')).HostConfig.Sysctls).toEqual({
      'net.ipv4.ip_unprivileged_port_start': '0',
    });
  });

  test('a sysctl that is not safe fails the pod, nothing is created', async () => {
    const pod = fixture.pod({}, { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } });
    await edged.insert(pod);
    const status = await edged.until(pod, ({ phase }) => phase === 'Failed');
    expect(status).toMatchObject({ reason: 'SysctlForbidden' });
    expect(status.containerStatuses).toBeUndefined();
    expect((await fixture.containers()).filter((name) => name.includes(pod.metadata.uid))).toEqual([]);
  });

  test('#46 an AppArmor profile that is not loaded fails the pod, nothing is created', async () => {
    const appArmorProfile = { type: 'Localhost', localhostProfile: 'edgecore-nope' };
    const pod = fixture.pod({ securityContext: { appArmorProfile } });
    await edged.insert(pod);
    const status = await edged.until(pod, ({ phase }) => phase === 'Failed');
    expect(status).toMatchObject({
      reason: 'AppArmor',
      message: expect.stringMatching(
        /^Cannot enforce AppArmor: (AppArmor is not enabled on the host$|profile "edgecore-nope" is not loaded)/,
      ),
    });
    expect((await fixture.containers()).filter((name) => name.includes(pod.metadata.uid))).toEqual([]);
  });

  test('#49 #50 namespaces of the host and of the pod', async () => {
    const host = fixture.pod({}, { hostPID: true, hostIPC: true });
    const shared = fixture.pod({}, { shareProcessNamespace: true });
    await edged.insert(host);
    await edged.insert(shared);
    await edged.until(host, running);
    await edged.until(shared, running);
    expect((await fixture.inspect(host)).HostConfig.PidMode).toBe('host');
    expect((await fixture.inspect(host, 'POD')).HostConfig.IpcMode).toBe('host');
    const sandbox = await fixture.inspect(shared, 'POD');
    expect((await fixture.inspect(shared)).HostConfig.PidMode).toBe(`container:${sandbox.Id}`);
    await eventually(async () => /sleep 600/.test(await fixture.exec(shared, 'ps')));
    expect(await fixture.exec(shared, 'cat', '/proc/1/cmdline')).toMatch(/trap/);
  });
});
