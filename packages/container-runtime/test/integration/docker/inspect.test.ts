import { mkdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { docker, eventually, freePort, withDocker } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { createDockerRuntime } from '../../../src/index.js';
import { dockerPods, inspect } from './pods.js';

const describeDocker = await withDocker();

describeDocker('what Docker is told', () => {
  const pods = dockerPods();

  test('a sandbox without any option is the one the 2020 agent makes', async () => {
    const config = pods.sandboxConfig({ labels: { app: 'x' }, annotations: { a: 'b' } });
    const { uid } = config.pod;
    const cgroupParent = `/kubepods/besteffort/pod${uid}`;
    const { id } = await pods.runtime.runSandbox({ ...config, cgroupParent });
    const { Name, Config, HostConfig } = await inspect(id);
    expect(Name).toBe(`/k8s_POD_p_n_${uid}_0`);
    expect(Config).toMatchObject({
      Hostname: 'p',
      User: '',
      Image: config.image,
      Labels: {
        app: 'x',
        'annotation.a': 'b',
        'io.kubernetes.container.name': 'POD',
        'io.kubernetes.docker.type': 'podsandbox',
        'io.kubernetes.pod.name': 'p',
        'io.kubernetes.pod.namespace': 'n',
        'io.kubernetes.pod.uid': uid,
      },
    });
    expect(HostConfig).toMatchObject({
      NetworkMode: 'default',
      IpcMode: 'shareable',
      PidMode: '',
      CpuShares: 2,
      Memory: 0,
      MemorySwap: 0,
      CpuQuota: 0,
      CpuPeriod: 0,
      ShmSize: 67_108_864,
      SecurityOpt: ['seccomp=unconfined'],
      CgroupParent: cgroupParent,
      PortBindings: {},
      RestartPolicy: { Name: '' },
      LogConfig: { Type: 'json-file' },
    });
    // -998 where the engine may set it, 0 where it may not.
    expect([-998, 0]).toContain(HostConfig['OomScoreAdj']);
  });

  test('a container is in its sandbox, and the engine leaves it alone', async () => {
    const sandbox = pods.sandboxConfig();
    const { sandbox: status, id } = await pods.start(sandbox, {
      command: ['echo', 'hi'],
      env: [{ name: 'A', value: 'b=c' }],
    });
    const { Name, Config, HostConfig } = await inspect(id);
    expect(Name).toBe(`/k8s_c_p_n_${sandbox.pod.uid}_0`);
    expect(Config).toMatchObject({ Entrypoint: ['echo', 'hi'], Cmd: null, Healthcheck: { Test: ['NONE'] } });
    expect(Config['Env']).toContain('A=b=c');
    expect(Object.keys(Config.Labels).filter((label) => !label.includes('io.kubernetes.'))).toEqual([
      'io.edgecore.instance',
    ]);
    expect(HostConfig).toMatchObject({
      NetworkMode: `container:${status.id}`,
      IpcMode: `container:${status.id}`,
      PidMode: '',
      UTSMode: '',
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } },
      SecurityOpt: ['seccomp=unconfined'],
    });
  });

  test("a host network pod uses the host's names and addresses", async () => {
    const sandbox = pods.sandboxConfig({ network: 'host' });
    const { sandbox: status, id } = await pods.start(sandbox, { command: ['sleep', '60'] });
    expect(status).toMatchObject({ state: 'ready', network: 'host', ips: [] });
    expect((await inspect(status.id)).HostConfig).toMatchObject({ NetworkMode: 'host' });
    await pods.runtime.startContainer(id);
    expect((await inspect(id)).HostConfig).toMatchObject({
      UTSMode: 'host',
      NetworkMode: `container:${status.id}`,
    });
  });

  test('resolv.conf of a pod is exactly what it asks for, in all its containers', async () => {
    const dns = {
      servers: ['10.96.0.10', '1.1.1.1'],
      searches: ['n.svc.cluster.local', 'svc.cluster.local'],
      options: ['ndots:5'],
    };
    const { text } = await pods.output('cat /etc/resolv.conf', {}, { dns });
    expect(text).toBe(
      'nameserver 10.96.0.10\nnameserver 1.1.1.1\nsearch n.svc.cluster.local svc.cluster.local\noptions ndots:5\n',
    );
    const none = await pods.output(
      'cat /etc/resolv.conf',
      {},
      { dns: { servers: [], searches: [], options: [] } },
    );
    expect(none.text).toBe('');
  });

  test('the node keeps its own resolv.conf when a pod on its network has another', async () => {
    const before = await readFile('/etc/resolv.conf', 'utf8');
    const dns = { servers: ['10.96.0.10'], searches: [], options: [] };
    const { text } = await pods.output('cat /etc/resolv.conf', {}, { dns, network: 'host' });
    expect(text).toBe('nameserver 10.96.0.10\n');
    expect(await readFile('/etc/resolv.conf', 'utf8')).toBe(before);
  });

  test('a host port leads to the pod', async () => {
    const port = await freePort();
    const ports = [{ protocol: 'TCP' as const, containerPort: 80, hostPort: port, hostIp: '127.0.0.1' }];
    const script = 'mkdir /w; echo served > /w/index.html; exec httpd -f -p 80 -h /w';
    const { id } = await pods.start(pods.sandboxConfig({ ports }), { command: ['sh', '-c', script] });
    await pods.runtime.startContainer(id);
    expect(await eventually(() => fetchText(port))).toBe('served\n');
  });

  test('paths with colons and host directories that do not exist', async () => {
    const odd = join(pods.directory, 'a:b', 'c');
    const plain = join(pods.directory, 'made', 'by', 'engine');
    const mounts = [
      { hostPath: odd, containerPath: '/odd', readOnly: false },
      { hostPath: plain, containerPath: '/plain', readOnly: false },
    ];
    const { status } = await pods.output('echo x > /odd/file; echo y > /plain/file', { mounts });
    expect(status.exitCode).toBe(0);
    expect(await readFile(join(odd, 'file'), 'utf8')).toBe('x\n');
    expect(await readFile(join(plain, 'file'), 'utf8')).toBe('y\n');
    expect(status.mounts).toEqual(expect.arrayContaining(mounts));
  });

  test('log files are where log collectors look, and go with the container', async () => {
    const sandbox = pods.sandboxConfig();
    const { id } = await pods.start(sandbox, { command: ['echo', 'logged'] });
    await pods.runtime.startContainer(id);
    await pods.ended(id);
    const { LogPath } = await inspect(id);
    const podLog = join(sandbox.logDirectory, 'c', '0.log');
    const containerLog = join(pods.directory, 'containers', `p_n_c-${id}.log`);
    expect(await readlink(podLog)).toBe(LogPath);
    expect(await readlink(containerLog)).toBe(podLog);
    expect(await readFile(containerLog, 'utf8')).toContain('"log":"logged\\n","stream":"stdout","time":"');
    await pods.runtime.removeContainer(id);
    await expect(stat(podLog)).rejects.toThrow('ENOENT');
    await expect(readlink(containerLog)).rejects.toThrow('ENOENT');
  });

  test('log links that cannot be made do not keep a pod from running', async () => {
    const file = join(pods.directory, 'a-file');
    await writeFile(file, 'kept');
    for (const logPath of [join(file, 'c', '0.log'), file]) {
      const { status, text } = await pods.output('echo fine', { logPath });
      expect([status.exitCode, text]).toEqual([0, 'fine\n']);
      await pods.runtime.removeContainer(status.id);
    }
    expect(await readFile(file, 'utf8')).toBe('kept');
  });

  test('devices, limits and rights reach the container', async () => {
    const { text } = await pods.output(
      'ls /dev/mine; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; touch /new || echo read-only; grep NoNewPrivs /proc/self/status',
      {
        devices: [{ hostPath: '/dev/null', containerPath: '/dev/mine', permissions: 'mrw' }],
        resources: { memoryLimitBytes: 32 * 1024 * 1024, cpuShares: 102 },
        security: { readOnlyRootFilesystem: true, noNewPrivileges: true },
      },
    );
    expect(text).toContain('/dev/mine');
    expect(text).toContain(String(32 * 1024 * 1024));
    expect(text).toContain('read-only');
    expect(text).toContain('NoNewPrivs:\t1');
  });

  test('containers of a pod share memory and sysctls, and have the rights they are given', async () => {
    const sandbox = pods.sandboxConfig({ sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' } });
    const script =
      'echo shared > /dev/shm/note; df -k /dev/shm; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; grep CapEff /proc/self/status';
    const { id, sandbox: status } = await pods.start(sandbox, {
      command: ['sh', '-c', script],
      security: { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } },
    });
    await pods.runtime.startContainer(id);
    await pods.ended(id);
    const { stdout } = await pods.runtime.exec(status.id, { command: ['cat', '/dev/shm/note'] });
    expect(stdout.toString()).toBe('shared\n');
    let text = '';
    for await (const { data } of pods.runtime.logs(id)) text += data.toString();
    expect(text).toMatch(/\b65536\b/);
    expect(text).toMatch(/^0$/m);
    // Only bit 12.
    expect(text).toMatch(/CapEff:\s+0000000000001000$/m);
  });

  test('a sandbox measures the network of its pod', async () => {
    const { id } = await pods.runtime.runSandbox(pods.sandboxConfig());
    const { networks, pageFaults } = await pods.runtime.stats(id);
    expect(networks).toEqual([
      expect.objectContaining({ name: 'eth0', rxErrors: 0, txErrors: 0, txBytes: expect.any(Number) }),
    ]);
    expect(pageFaults).toBeGreaterThan(0);
  });

  test('agents that share the engine under different names do not see each other', async () => {
    const config = pods.sandboxConfig();
    const sandbox = await pods.runtime.runSandbox(config);
    const { uid } = config.pod;
    for (const instance of ['', 'another']) {
      const other = createDockerRuntime({ instance });
      expect(await other.listSandboxes(uid)).toEqual([]);
      expect((await other.listSandboxes()).map(({ id }) => id)).not.toContain(sandbox.id);
      await other.close();
    }
    expect(sandbox.labels).toEqual(config.labels);
    expect(await pods.runtime.listSandboxes(uid)).toHaveLength(1);
  });

  test("containers without our labels are nobody's business", async () => {
    await mkdir(join(pods.directory, 'x'), { recursive: true });
    const uid = pods.newUid();
    const foreign = await docker(
      'create',
      '--label',
      `io.kubernetes.pod.uid=${uid}`,
      'edgecore-test/busybox:1',
      'true',
    );
    expect(await pods.runtime.listContainers(uid)).toEqual([]);
    expect(await pods.runtime.listSandboxes(uid)).toEqual([]);
    expect((await pods.runtime.listContainers()).map(({ id }) => id)).not.toContain(foreign);
  });
});

async function fetchText(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: false }, (response) => readText(response).then(resolve, reject)).on(
      'error',
      reject,
    );
  });
}
