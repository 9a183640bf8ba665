import { expect, test } from '@jest/globals';
import { parseSubnet } from '../src/vip/subnet.js';
import { VipBook } from '../src/vip/vip-book.js';
import { VipPool } from '../src/vip/vip-pool.js';
import { ask } from './support/dns-client.js';
import { p1, pod, service } from './support/objects.js';
import { Rig } from './support/rig.js';

const listener = (name: string) => `default/listener/default.${name}`;
const spec = (name: string) => service(name);

test('#1 addresses in order, stored with quotes; a freed one waits', async () => {
  const rig = await Rig.start();
  for (const name of ['a', 'b', 'c']) await rig.down('insert', `default/service/${name}`, spec(name));
  expect(await Promise.all(['a', 'b', 'c'].map((name) => rig.value(listener(name))))).toEqual([
    '"9.251.0.1"',
    '"9.251.0.2"',
    '"9.251.0.3"',
  ]);
  await rig.down('delete', 'default/service/b', spec('b'));
  expect(await rig.value(listener('b'))).toBeUndefined();
  await rig.down('insert', 'default/service/d', spec('d'));
  expect(await rig.value(listener('d'))).toBe('"9.251.0.4"');
});

test('#2 stored addresses are kept before new ones are given, those of services long gone go', () => {
  const pool = new VipPool({ subnet: parseSubnet('9.251.0.0/16'), quarantineMs: 60_000, now: () => 0 });
  const book = new VipBook(pool);
  const stored = new Map([
    ['default/b', '9.251.0.1'],
    ['default/gone', '9.251.0.2'],
  ]);
  expect(book.restore(stored, ['default/a', 'default/b'])).toEqual([
    { key: 'default/gone', address: undefined },
    { key: 'default/a', address: '9.251.0.2' },
  ]);
  expect(book.addressOf('default/b')).toBe('9.251.0.1');
});

test('#27 after a restart without a cloud: the same addresses, everything served from the database', async () => {
  const first = await Rig.start();
  for (const name of ['b', 'a']) await first.down('insert', `default/service/${name}`, spec(name));
  await first.down('update', 'default/podlist/b', [p1]);
  await first.stop();
  const second = await Rig.start({ path: first.path });
  expect((await ask(second.dnsPort, 'b.default.svc.cluster.local')).addresses).toEqual(['9.251.0.1']);
  expect((await ask(second.dnsPort, 'a.default.svc.cluster.local')).addresses).toEqual(['9.251.0.2']);
  expect(second.portOf('9.251.0.1', 12345)).toBeGreaterThan(0);
  expect(second.mesh.stats()).toMatchObject({ services: 2, virtualAddresses: 2, listeners: 2 });
});

test('freed addresses come again after their quarantine, the longest free first; an exhausted pool gives none', () => {
  let now = 0;
  const pool = new VipPool({ subnet: parseSubnet('10.0.0.0/28'), quarantineMs: 60_000, now: () => now });
  const all = Array.from({ length: 14 }, () => pool.allocate());
  expect(all.at(0)).toBe('10.0.0.1');
  expect(all.at(-1)).toBe('10.0.0.14');
  expect(pool.allocate()).toBeUndefined();
  pool.release('10.0.0.7');
  now = 1;
  pool.release('10.0.0.3');
  expect(pool.allocate()).toBeUndefined();
  now = 60_001;
  expect([pool.allocate(), pool.allocate()]).toEqual(['10.0.0.7', '10.0.0.3']);
  for (const bad of ['10.0.0.0/29', '10.0.0.0', 'fd00::/64', '10.0.0/16']) {
    expect(() => parseSubnet(bad)).toThrow('must be an IPv4 network');
  }
});

test('#3 addresses come from the configured network; stored ones outside are replaced and told', async () => {
  const first = await Rig.start();
  await first.down('insert', 'default/service/a', spec('a'));
  await first.stop();
  const second = await Rig.start({ path: first.path, subnet: '10.99.0.0/24' });
  expect(await second.value(listener('a'))).toBe('"10.99.0.1"');
  expect(second.log.join('\n')).toContain('10.99.0.1');
});

test('#4 a list of services ends those it does not name; an empty one ends nothing', async () => {
  const rig = await Rig.start();
  await rig.down('insert', 'default/service/a', spec('a'));
  await rig.down('insert', 'default/service/b', spec('b'));
  await rig.down('update', 'namespace/servicelist/service', []);
  expect(rig.mesh.stats().services).toBe(2);
  await rig.down('update', 'namespace/servicelist/service', [spec('a')]);
  expect(rig.mesh.stats().services).toBe(1);
  expect(await rig.value('default/service/b')).toBeUndefined();
  expect(await rig.value(listener('b'))).toBeUndefined();
  expect((await ask(rig.dnsPort, 'b.default.svc.cluster.local')).rcode).toBe('NXDOMAIN');
});

test('#5 a delete without content', async () => {
  const rig = await Rig.start();
  await rig.down('insert', 'default/service/a', spec('a'));
  await rig.down('update', 'default/podlist/a', [pod('x')]);
  await rig.down('delete', 'default/service/a', null);
  expect(rig.mesh.stats().services).toBe(0);
  expect(await rig.value(listener('a'))).toBeUndefined();
  expect(await rig.value('default/podlist/a')).toBeUndefined();
});
