import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, Namespace, tempDir, withNamespaces } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MeshProcess } from '../support/mesh-process.js';
import { endpoints, pod, service } from '../support/objects.js';

const ECHO = { name: 'tcp-echo', protocol: 'TCP', port: 7000, targetPort: 7 };
const UDP = { name: 'udp', protocol: 'UDP', port: 5000, targetPort: 5001 };
const ECHO_SCRIPT = fileURLToPath(new URL('../support/echo-child.mjs', import.meta.url));
const OPTIONS = { checkMs: 300 };

withNamespaces()('in a network of its own: a bridge named docker0, another one, and a client on each', () => {
  let node: Namespace;
  let client: Namespace;
  let other: Namespace;
  let dir: string;

  beforeAll(async () => {
    [node, client, other] = await Promise.all([Namespace.create(), Namespace.create(), Namespace.create()]);
    await node.addBridge('docker0', '172.17.0.1/16');
    await node.addBridge('br-office', '172.30.0.1/16');
    await node.plug(client, 'docker0', '172.17.0.2/16', '172.17.0.1');
    await node.plug(other, 'br-office', '172.30.0.2/16', '172.30.0.1');
    dir = await tempDir();
    // Endpoints in the client's network, as a pod's would be.
    const echo = client.spawn(process.execPath, [ECHO_SCRIPT, 'serve']);
    await once(echo.stdout!, 'data');
  });

  afterAll(async () => {
    await Promise.all([node, client, other].map((one) => one?.close()));
  });

  async function start(name: string, options = {}): Promise<MeshProcess> {
    const mesh = await MeshProcess.start(node, join(dir, `${name}.db`), { ...OPTIONS, ...options });
    await mesh.down('insert', 'default/endpoints/echo', endpoints('echo', ['172.17.0.2'], 7));
    const udp = { ...endpoints('udp', ['172.17.0.2'], 5001) };
    udp.subsets[0]!.ports[0]!.protocol = 'UDP';
    await mesh.down('insert', 'default/endpoints/udp', udp);
    await mesh.down('insert', 'default/service/echo', service('echo', { selector: {}, ports: [ECHO] }));
    await mesh.down('insert', 'default/service/udp', service('udp', { selector: {}, ports: [UDP] }));
    return mesh;
  }

  const say = (from: Namespace, ...options: string[]) =>
    from.run('sh', '-c', `echo hello | timeout 5 busybox nc ${options.join(' ')}`);

  const datagram = (from: Namespace, port: string) =>
    from.run(process.execPath, ECHO_SCRIPT, 'ask', '9.251.0.2', port);

  test('#13 #14 #15 #17 #19 #20 #18 traffic, names, refusals, repair, and no trace afterwards', async () => {
    const before = await node.state();
    const mesh = await start('traffic');
    expect(mesh.first).toMatchObject({ ready: { state: 'ready' }, stats: { address: '172.17.0.1' } });

    // From the bridge, from another bridge, from the machine itself.
    for (const from of [client, other, node]) expect(await say(from, '9.251.0.1', '7000')).toBe('hello\n');
    // Only an answer of the very address and port that was asked is taken.
    expect(await datagram(other, '5000')).toBe('hello\n');
    expect(await datagram(client, '5009')).toBe('ECONNREFUSED\n');
    const found = await client.run('busybox', 'nslookup', 'echo.default.svc.cluster.local', '172.17.0.1');
    expect(found).toContain('9.251.0.1');

    // A port nobody serves: refused at once, whoever asks.
    for (const from of [client, node]) {
      await expect(from.run('busybox', 'nc', '-w', '3', '9.251.0.1', '7001')).rejects.toThrow('refused');
    }
    // Nothing of a virtual address leaves the machine.
    expect(await node.run('ip', 'route', 'get', '9.251.0.77')).toContain('dev lo');

    await node.run('iptables', '-t', 'nat', '-F');
    await node.run('ip', 'route', 'del', '9.251.0.0/16');
    await eventually(async () => (await say(client, '9.251.0.1', '7000')) === 'hello\n');
    await eventually(async () => (await node.run('ip', 'route')).includes('9.251.0.0/16'));

    await mesh.down('delete', 'default/service/echo', null);
    expect(await node.run('iptables', '-t', 'nat', '-S', 'EDGE-MESH')).not.toContain('7000');
    await mesh.end('SIGTERM');
    expect(await node.state()).toBe(before);
  });

  test('#18 killed and started again: nothing twice; what 2020 left goes', async () => {
    const before = await node.state();
    const first = await start('killed');
    const once = await node.state();
    await first.end('SIGKILL');
    const second = await MeshProcess.start(node, join(dir, 'killed.db'), OPTIONS);
    expect((await node.state()).replaceAll(/172\.17\.0\.1:\d+/g, '')).toBe(
      once.replaceAll(/172\.17\.0\.1:\d+/g, ''),
    );
    expect(await say(client, '9.251.0.1', '7000')).toBe('hello\n');
    await second.end('SIGKILL');

    const upstreams = [
      '-p tcp -d 9.251.0.0/16 -i docker0 -j EDGE-MESH',
      '-p tcp -j DNAT --to-destination 172.17.0.1:40001',
      '-p tcp -d 9.251.0.0/16 -o docker0 -j EDGE-MESH',
    ];
    for (const [index, chain] of ['PREROUTING', 'EDGE-MESH', 'OUTPUT'].entries()) {
      await node.run('iptables', '-t', 'nat', '-A', chain, ...upstreams[index]!.split(' '));
    }
    const third = await MeshProcess.start(node, join(dir, 'killed.db'), OPTIONS);
    const now = await node.run('iptables', '-t', 'nat', '-S');
    expect(now).not.toMatch(/docker0|-A EDGE-MESH -p tcp -j DNAT/);
    expect(now.match(/-j EDGE-MESH/g)).toHaveLength(2);
    await third.end('SIGTERM');
    expect(await node.state()).toBe(before);
  });

  test('#24 two nodes: to a pod on the other one by its host port', async () => {
    const mesh = await MeshProcess.start(node, join(dir, 'two.db'), { ...OPTIONS, nodeName: 'edge-a' });
    const far = other.spawn(process.execPath, [ECHO_SCRIPT, 'serve']);
    await once(far.stdout!, 'data');
    await mesh.down('insert', 'default/service/echo', service('echo', { ports: [ECHO] }));
    const remote = pod('p2', {
      spec: { nodeName: 'edge-b' },
      status: { hostIP: '172.30.0.2', podIP: '10.244.1.5' },
      ports: [{ containerPort: 7, hostPort: 7, protocol: 'TCP' }],
    });
    await mesh.down('update', 'default/podlist/echo', [remote]);
    for (const from of [client, node]) expect(await say(from, '9.251.0.1', '7000')).toBe('hello\n');
    far.kill();
    await mesh.end('SIGTERM');
  });

  test('addresses of the machine itself, without iptables', async () => {
    const before = await node.state();
    const mesh = await start('anyip', { intercept: 'anyip' });
    for (const from of [client, other, node]) expect(await say(from, '9.251.0.1', '7000')).toBe('hello\n');
    expect(await datagram(client, '5000')).toBe('hello\n');
    await mesh.end('SIGTERM');
    expect(await node.state()).toBe(before);
  });

  test('#21 without docker0 it has an interface of its own, while it runs', async () => {
    const bare = await Namespace.create();
    try {
      await bare.addBridge('cni0', '10.88.0.1/16');
      const mesh = await MeshProcess.start(bare, join(dir, 'bare.db'), OPTIONS);
      expect(mesh.first.stats.address).toBe('169.254.96.16');
      await mesh.down('insert', 'default/service/echo', service('echo', { ports: [ECHO] }));
      expect(await bare.run('ip', 'addr', 'show', 'edgemesh0')).toContain('169.254.96.16/32');
      const found = await bare.run('busybox', 'nslookup', 'echo.default', '169.254.96.16');
      expect(found).toContain('9.251.0.1');
      await mesh.end('SIGTERM');
      expect(await bare.run('ip', 'link')).not.toContain('edgemesh0');
    } finally {
      await bare.close();
    }
  });

  test('the file in which 2020 wrote its rules down goes, and the route they had', async () => {
    const { DnatInterceptor } = await import('../../src/net/interceptor.js');
    const { runCommand } = await import('../../src/net/command.js');
    const { silentLogger } = await import('@edgecore/api');
    const file = join(dir, 'edgemesh-iptables');
    await writeFile(file, '-p tcp -d 9.252.0.0/16 -i docker0 -j EDGE-MESH\n');
    await node.run('ip', 'route', 'add', '9.252.0.0/16', 'via', '172.17.0.1');
    const interceptor = new DnatInterceptor({
      subnet: '9.251.0.0/16',
      listenAddress: '172.17.0.1',
      run: (command, args, input) => runCommand('ip', ['netns', 'exec', node.name, command, ...args], input),
      log: silentLogger,
      upstreamFile: file,
    });
    await interceptor.clean();
    expect(existsSync(file)).toBe(false);
    expect(await node.run('ip', 'route')).not.toContain('9.252');
    await rm(file, { force: true });
  });
});
