import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cloudProfiles, MutableCloudLink } from '@edgecore/api';
import { createBus } from '@edgecore/beehive';
import { CommandError, EdgeMesh } from '@edgecore/edgemesh';
import { eventually } from '@edgecore/testing';
import { afterEach, expect, test } from '@jest/globals';
import { chooseListenAddress } from '../src/net/listen-address.js';
import { withNameserver, withoutMark } from '../src/net/resolv-conf.js';
import { deletion, readTable } from '../src/net/rules.js';
import { endpointsAt } from './support/backends.js';
import { fromCloud, service } from './support/objects.js';
import { Rig } from './support/rig.js';

const path = process.env['PATH'];
afterEach(() => {
  process.env['PATH'] = path;
});

const link = new MutableCloudLink({ profile: cloudProfiles['2020'] });

test('a machine without iptables: degraded, with the reason; messages are taken, and it ends', async () => {
  process.env['PATH'] = '/nowhere';
  const mesh = new EdgeMesh({ nodeName: 'edge-a', link, listenAddress: '127.0.0.1', dnsPort: 5353 });
  process.env['PATH'] = path;
  expect(mesh.dnsServer).toBeUndefined();
  const bus = createBus().add(mesh);
  const me = bus.join('me');
  bus.start();
  await me.send('edgemesh', fromCloud('insert', 'default/service/web', service('web')));
  await eventually(() => bus.report().every(({ queued }) => queued === 0));
  expect(mesh.health()).toEqual({
    state: 'degraded',
    reason: expect.stringMatching(/^ip and iptables and iptables-restore not found: install/),
  });
  expect(await bus.stop()).toMatchObject({ clean: true });
});

test('a machine that refuses rules: degraded with what the program said, names go on, and it recovers', async () => {
  let broken = true;
  const rig = await Rig.start({
    checkMs: 20,
    run: async (command, args) => {
      if (broken && command === 'iptables-restore')
        throw new CommandError(command, args, 'No chain by that name');
      return '';
    },
  });
  await rig.down('insert', 'default/service/web', service('web'));
  expect(rig.mesh.health()).toMatchObject({ state: 'degraded', reason: expect.stringContaining('No chain') });
  expect(rig.log.filter((line) => line.includes('No chain'))).toHaveLength(1);
  broken = false;
  await eventually(() => rig.mesh.health().state === 'ready');
});

test('a port of the DNS that is taken: told, and tried again', async () => {
  const taken = createSocket('udp4');
  taken.bind(0, '127.0.0.1');
  await once(taken, 'listening');
  const dnsPort = taken.address().port;
  const mesh = new EdgeMesh({
    nodeName: 'edge-a',
    link,
    listenAddress: '127.0.0.1',
    dnsPort,
    checkMs: 20,
    run: async () => '',
  });
  const bus = createBus().add(mesh);
  bus.start();
  await eventually(() => mesh.health().state === 'degraded');
  expect(mesh.health()).toMatchObject({ reason: expect.stringContaining('EADDRINUSE') });
  taken.close();
  await eventually(() => mesh.health().state === 'ready');
  expect(mesh.stats().dnsPort).toBe(dnsPort);
  await bus.stop();
});

test('rows, messages and resources of any shape end nothing', async () => {
  const rig = await Rig.start();
  for (const content of [
    { metadata: { name: 'x', namespace: 'default' }, spec: 'text' },
    endpointsAt('x', []),
  ]) {
    await rig.down('insert', 'default/service/x', content);
    await rig.down('insert', 'default/endpoints/x', content);
  }
  await rig.down('update', 'default/podlist/x', [null, 'text', 5, {}]);
  await rig.down('update', 'namespace/endpointslist/endpoints', [
    { metadata: { name: 'x', namespace: 'default' } },
  ]);
  expect(rig.mesh.health().state).toBe('ready');
});

test('options that make no sense are refused by name', () => {
  for (const [option, value] of Object.entries({ subnet: '10.0.0.0/30', dnsPort: 70_000, checkMs: 0 })) {
    expect(() => new EdgeMesh({ nodeName: 'a', link, [option]: value })).toThrow(option);
  }
});

test('#21 the interface’s address, or one of our own', () => {
  expect(chooseListenAddress('br0', () => '10.1.0.1')).toEqual({ address: '10.1.0.1', make: undefined });
  expect(chooseListenAddress('br0', () => undefined)).toEqual({
    address: '169.254.96.16',
    make: 'edgemesh0',
  });
  expect(chooseListenAddress('lo').address).toBe('127.0.0.1');
});

test('rules of others are neither read as ours nor touched', () => {
  const table = readTable(
    [
      '-P PREROUTING ACCEPT',
      '-N DOCKER',
      '-N EDGE-MESH',
      '-A PREROUTING -d 9.251.0.0/16 -j EDGE-MESH',
      '-A PREROUTING -m comment --comment "a -j EDGE-MESH b" -j DOCKER',
      '-A EDGE-MESH -d 9.251.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.1:40001',
    ].join('\n'),
  );
  expect(table.chains).toEqual(['EDGE-MESH']);
  expect(table.jumps).toEqual(['-A PREROUTING -d 9.251.0.0/16 -j EDGE-MESH']);
  expect(deletion('-A OUTPUT -m comment --comment "two words" -j EDGE-MESH')).toEqual([
    '-D',
    'OUTPUT',
    '-m',
    'comment',
    '--comment',
    'two words',
    '-j',
    'EDGE-MESH',
  ]);
});

test('resolv.conf: first, once, and as before afterwards', () => {
  const text = '# mine\nsearch lan\nnameserver 172.17.0.10\n';
  const changed = withNameserver(text, '172.17.0.1');
  expect(changed.split('\n').filter((line) => line.startsWith('nameserver'))).toEqual([
    'nameserver 172.17.0.1',
    'nameserver 172.17.0.10',
  ]);
  expect(withNameserver(changed, '172.17.0.1')).toBe(changed);
  expect(withoutMark(changed)).toBe(text);
});
