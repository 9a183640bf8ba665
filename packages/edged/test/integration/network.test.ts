import { readFileSync } from 'node:fs';
import { eventually, freePort, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import type { Harness } from '../support/harness.js';
import { running } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: network, names, DNS', () => {
  let fixture: DockerFixture;
  let edged: Harness;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start({ clusterDns: ['10.96.0.10'], clusterDomain: 'edge.local' });
  });
  afterAll(() => fixture.close());

  test('#48 a pod on the network of the host', async () => {
    const pod = fixture.pod({}, { hostNetwork: true });
    await edged.insert(pod);
    const status = await edged.until(pod, running);
    expect(status).toMatchObject({ podIP: '10.0.0.1', hostIP: '10.0.0.1' });
    expect((await fixture.inspect(pod, 'POD')).HostConfig.NetworkMode).toBe('host');
    expect((await fixture.inspect(pod)).HostConfig.UTSMode).toBe('host');
    const host = readFileSync('/etc/resolv.conf', 'utf8')
      .split('\n')
      .filter((line) => /^nameserver/.test(line));
    expect((await fixture.exec(pod, 'grep', '^nameserver', '/etc/resolv.conf')).split('\n')).toEqual(
      host.slice(0, 3),
    );
    expect(await fixture.exec(pod, 'head', '-1', '/etc/hosts')).toBe(
      '# Kubernetes-managed hosts file (host network).',
    );
  });

  test('#51 a host port reaches the container', async () => {
    const hostPort = await freePort();
    const pod = fixture.pod({
      ports: [{ containerPort: 80, hostPort }],
      command: ['sh', '-c', 'mkdir -p /www && echo hello >/www/index.html && httpd -f -p 80 -h /www'],
    });
    await edged.insert(pod);
    await edged.until(pod, running);
    expect((await fixture.inspect(pod, 'POD')).HostConfig.PortBindings).toEqual({
      '80/tcp': [{ HostIp: '', HostPort: String(hostPort) }],
    });
    await eventually(async () => (await (await fetch(`http://127.0.0.1:${hostPort}/`)).text()) === 'hello\n');
  });

  test('a second pod with the same host port is refused', async () => {
    const ports = [{ containerPort: 80, hostPort: await freePort() }];
    const first = fixture.pod({ ports });
    const second = fixture.pod({ ports });
    await edged.insert(first);
    await edged.insert(second);
    expect(await edged.until(second, ({ phase }) => phase === 'Failed')).toMatchObject({
      reason: 'NodePorts',
    });
    await edged.until(first, running);
  });

  test('#52 #53 host name, subdomain and aliases', async () => {
    const pod = fixture.pod(
      {},
      { hostname: 'h', subdomain: 's', hostAliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }] },
    );
    await edged.insert(pod);
    const { podIP } = await edged.until(pod, running);
    expect(await fixture.exec(pod, 'hostname')).toBe('h');
    const hosts = await fixture.exec(pod, 'cat', '/etc/hosts');
    expect(hosts).toContain(`\n${podIP}\th.s.${fixture.namespace}.svc.edge.local\th\n`);
    expect(hosts).toMatch(/\n\n# Entries added by HostAliases.\n1.2.3.4\ta\tb$/);
  });

  test('#54 #55 DNS: policy None, policy ClusterFirst', async () => {
    const none = fixture.pod(
      {},
      {
        dnsPolicy: 'None',
        dnsConfig: { nameservers: ['9.9.9.9'], searches: ['a.b'], options: [{ name: 'ndots', value: '2' }] },
      },
    );
    const cluster = fixture.pod({}, { dnsPolicy: 'ClusterFirst' });
    await edged.insert(none);
    await edged.insert(cluster);
    await edged.until(none, running);
    await edged.until(cluster, running);
    expect(await fixture.exec(none, 'cat', '/etc/resolv.conf')).toBe(
      'nameserver 9.9.9.9\nsearch a.b\noptions ndots:2',
    );
    const lines = (await fixture.exec(cluster, 'cat', '/etc/resolv.conf')).split('\n');
    expect(lines[0]).toBe('nameserver 10.96.0.10');
    expect(lines[1]).toMatch(
      new RegExp(`^search ${fixture.namespace}\\.svc\\.edge\\.local svc\\.edge\\.local edge\\.local`),
    );
    expect(lines[2]).toBe('options ndots:5');
  });
});
