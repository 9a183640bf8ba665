import { join } from 'node:path';
import { DockerNode, eventually, withDocker, withNamespaces } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MeshProcess } from '../support/mesh-process.js';
import { pod, service } from '../support/objects.js';

const describeDocker = process.getuid?.() === 0 ? await withDocker() : withNamespaces();

describeDocker('containers of a Docker engine', () => {
  let node: DockerNode;
  let mesh: MeshProcess;

  beforeAll(async () => {
    node = await DockerNode.start();
    mesh = await MeshProcess.start(node.namespace, join(node.directory, 'edgecore.db'));
    const podIP = await node.serve('backend', 'hello');
    await mesh.down('insert', 'default/service/nginx-svc', service());
    const tcp = { name: 'tcp', protocol: 'TCP', port: 7000, targetPort: 80 };
    await mesh.down('insert', 'default/service/raw', service('raw', { ports: [tcp] }));
    const pods = [pod('p1', { status: { podIP }, ports: [{ containerPort: 80 }] })];
    await mesh.down('update', 'default/podlist/nginx-svc', pods);
    await mesh.down('update', 'default/podlist/raw', pods);
  }, 120_000);

  afterAll(async () => {
    await mesh?.end('SIGTERM');
    await node?.close();
  });

  const fetch = (options: string[], url: string) => node.run(options, 'wget', '-q', '-O', '-', url);

  test('#13 names in a container, by its own resolver', async () => {
    const dns = ['--dns', '172.17.0.1', '--dns-search', 'default.svc.cluster.local'];
    const found = await node.run(dns, 'nslookup', 'nginx-svc.default.svc.cluster.local');
    expect(found).toContain('9.251.0.1');
    expect(await node.run(dns, 'nslookup', 'nginx-svc')).toContain('9.251.0.1');
  });

  test('#17 from the default bridge, a bridge of its own, the host’s network, and the host', async () => {
    await node.docker('network', 'create', 'other');
    for (const network of ['bridge', 'other', 'host']) {
      const options = ['--network', network];
      expect([network, await fetch(options, 'http://9.251.0.1:12345/')]).toEqual([network, 'hello']);
      expect([network, await fetch(options, 'http://9.251.0.2:7000/')]).toEqual([network, 'hello']);
    }
    expect(await node.namespace.run('busybox', 'wget', '-q', '-O', '-', 'http://9.251.0.1:12345/')).toBe(
      'hello\n',
    );
  });

  test('#16 a container may have the service’s port on the host; both are reached', async () => {
    await node.serve('published', 'published', '--publish', '12345:80');
    const on = (url: string) => node.namespace.run('busybox', 'wget', '-q', '-O', '-', url);
    await eventually(async () => (await on('http://127.0.0.1:12345/')) === 'published\n');
    expect(await on('http://9.251.0.1:12345/')).toBe('hello\n');
    expect(await fetch([], 'http://9.251.0.1:12345/')).toBe('hello');
    expect(await fetch([], 'http://172.17.0.1:12345/')).toBe('published');
  });
});
