import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { encodeName } from '../src/dns/name.js';
import { ask, overUdp, question, readAnswer } from './support/dns-client.js';
import { endpoints, p1, service } from './support/objects.js';
import { Rig, type RigOptions } from './support/rig.js';

const NAME = 'nginx-svc.default.svc.cluster.local';

async function withService(options: RigOptions = {}): Promise<Rig> {
  const rig = await Rig.start(options);
  await rig.down('insert', 'default/service/nginx-svc', service());
  return rig;
}

test('#7 the recorded query', async () => {
  const rig = await withService();
  const query = Buffer.from(
    '123401000001000000000000096e67696e782d7376630764656661756c740373766307636c7573746572056c6f63616c0000010001',
    'hex',
  );
  const answer = readAnswer(await overUdp(rig.dnsPort, query));
  expect(answer.packet.readUInt16BE(0)).toBe(0x1234);
  expect(answer.flags).toEqual({ qr: true, aa: true, tc: false, rd: true, ra: true });
  expect(answer).toMatchObject({
    rcode: 'NOERROR',
    addresses: ['9.251.0.1'],
    ttls: [30],
    counts: [1, 1, 0, 0],
  });
  expect(answer.packet.toString('hex')).toBe(
    `123485800001000100000000${query.toString('hex').slice(24)}c00c000100010000001e000409fb0001`,
  );
});

test('#8 EDNS, letters of the question, TCP', async () => {
  const rig = await withService();
  const edns = await ask(rig.dnsPort, NAME, { edns: 4096 });
  expect(edns).toMatchObject({ addresses: ['9.251.0.1'], counts: [1, 1, 0, 1] });
  expect(edns.packet.subarray(-11).toString('hex')).toBe(
    `000029${(1232).toString(16).padStart(4, '0')}000000000000`,
  );
  const upper = question(NAME.toUpperCase());
  const answer = await overUdp(rig.dnsPort, upper);
  expect(answer.subarray(12, upper.length)).toEqual(upper.subarray(12));
  expect(readAnswer(answer).addresses).toEqual(['9.251.0.1']);
  expect((await ask(rig.dnsPort, NAME, { tcp: true })).addresses).toEqual(['9.251.0.1']);
});

test('#9 other types: nothing, but no error; unknown services: not asked elsewhere', async () => {
  const upstream = await stub(() => ({ addresses: ['1.2.3.4'] }));
  const rig = await withService({ upstreamDns: [upstream.address] });
  expect(await ask(rig.dnsPort, NAME, { type: 'AAAA' })).toMatchObject({
    rcode: 'NOERROR',
    counts: [1, 0, 1, 0],
  });
  expect((await ask(rig.dnsPort, 'nope.default.svc.cluster.local')).rcode).toBe('NXDOMAIN');
  expect((await ask(rig.dnsPort, 'www.example.org.cluster.local')).rcode).toBe('NXDOMAIN');
  expect(upstream.asked).toBe(0);
});

test('#10 the short forms; a third label other than svc is somebody else’s', async () => {
  const upstream = await stub(() => ({ addresses: ['1.2.3.4'] }));
  const rig = await withService({ upstreamDns: [upstream.address] });
  for (const name of [
    'nginx-svc',
    'nginx-svc.default',
    'nginx-svc.default.svc',
    'nginx-svc.default.svc.cluster',
  ]) {
    expect([name, (await ask(rig.dnsPort, name)).addresses]).toEqual([name, ['9.251.0.1']]);
  }
  expect((await ask(rig.dnsPort, 'nginx-svc.default.example.org')).addresses).toEqual(['1.2.3.4']);
});

test('SRV, PTR, names of pods, aliases', async () => {
  const upstream = await stub(() => ({ addresses: ['1.2.3.4'] }));
  const rig = await withService({ upstreamDns: [upstream.address] });
  await rig.down('update', 'default/podlist/nginx-svc', [p1]);
  await rig.down(
    'insert',
    'default/service/far',
    service('far', { type: 'ExternalName', externalName: 'www.example.org' }),
  );
  const srv = await ask(rig.dnsPort, `_http-0._tcp.${NAME}`, { type: 'SRV' });
  expect(srv.types).toEqual([33]);
  expect(srv.packet.includes(encodeName(NAME.split('.')), 60)).toBe(true);
  expect((await ask(rig.dnsPort, '1.0.251.9.in-addr.arpa', { type: 'PTR' })).types).toEqual([12]);
  expect((await ask(rig.dnsPort, '9.0.251.9.in-addr.arpa', { type: 'PTR' })).rcode).toBe('NXDOMAIN');
  expect((await ask(rig.dnsPort, `p1.${NAME}`)).addresses).toEqual(['172.17.0.2']);
  expect((await ask(rig.dnsPort, `p9.${NAME}`)).rcode).toBe('NXDOMAIN');
  const alias = await ask(rig.dnsPort, 'far.default.svc.cluster.local');
  expect(alias).toMatchObject({ types: [5, 1], addresses: ['1.2.3.4'] });
});

test('#11 forwarding: own id, next server when one is silent, kept as long as the records live', async () => {
  const silent = await stub(() => undefined);
  const good = await stub(() => ({ addresses: ['93.184.216.34'], ttl: 300 }));
  const rig = await withService({ upstreamDns: [silent.address, good.address] });
  const slow = ask(rig.dnsPort, 'example.org', { id: 7 });
  expect((await ask(rig.dnsPort, NAME)).addresses).toEqual(['9.251.0.1']);
  const first = await slow;
  expect(first.packet.readUInt16BE(0)).toBe(7);
  expect(first.addresses).toEqual(['93.184.216.34']);
  expect(good.ids[0]).not.toBe(7);
  expect((await ask(rig.dnsPort, 'EXAMPLE.org', { id: 8 })).addresses).toEqual(['93.184.216.34']);
  expect(good.asked).toBe(1);
});

test('#11 nobody answers: SERVFAIL within six seconds', async () => {
  const silent = await stub(() => undefined);
  const rig = await withService({ upstreamDns: [silent.address] });
  const start = Date.now();
  expect((await ask(rig.dnsPort, 'example.org')).rcode).toBe('SERVFAIL');
  // Six, and what a busy machine adds.
  expect(Date.now() - start).toBeLessThan(12_000);
});

test('answers that are too long come over TCP, and cut over UDP', async () => {
  const addresses = Array.from({ length: 100 }, (_, index) => `10.0.0.${index}`);
  const long = await stub(() => ({ addresses }));
  const rig = await withService({ upstreamDns: [long.address] });
  const cut = await ask(rig.dnsPort, 'example.org');
  expect(cut.flags.tc).toBe(true);
  expect(cut.packet.length).toBeLessThanOrEqual(512);
  expect((await ask(rig.dnsPort, 'example.org', { tcp: true })).addresses).toEqual(addresses);
});

test('without virtual addresses names stand for the endpoints', async () => {
  const rig = await Rig.start({ intercept: 'none' });
  await rig.down('insert', 'default/service/db', service('db', { selector: {} }));
  await rig.down('insert', 'default/endpoints/db', endpoints('db', ['10.0.0.9', '10.0.0.8'], 5432));
  expect((await ask(rig.dnsPort, 'db.default')).addresses).toEqual(['10.0.0.9', '10.0.0.8']);
});

interface Stub {
  readonly address: string;
  readonly ids: number[];
  readonly asked: number;
}

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** A name server on loopback; longer answers only over TCP. */
async function stub(answer: () => { addresses: string[]; ttl?: number } | undefined): Promise<Stub> {
  const udp = createSocket('udp4');
  const ids: number[] = [];
  const build = (query: Buffer) => {
    ids.push(query.readUInt16BE(0));
    const found = answer();
    if (!found) return undefined;
    const end = query.indexOf(0, 12) + 5;
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(found.addresses.length, 6);
    header.writeUInt16BE(0, 10);
    const records = found.addresses.map((address) => {
      const record = Buffer.alloc(16);
      record.write(`c00c00010001${(found.ttl ?? 60).toString(16).padStart(8, '0')}0004`, 'hex');
      address.split('.').forEach((part, index) => {
        record[12 + index] = Number(part);
      });
      return record;
    });
    return Buffer.concat([header, query.subarray(12, end), ...records]);
  };
  udp.on('message', (query, from) => {
    const reply = build(query);
    if (!reply) return;
    if (reply.length > 512) {
      const end = query.indexOf(0, 12) + 5;
      const cut = Buffer.from(reply.subarray(0, end));
      cut.writeUInt16BE(0x8380, 2);
      cut.writeUInt16BE(0, 6);
      udp.send(cut, from.port, from.address);
    } else udp.send(reply, from.port, from.address);
  });
  const tcp = createServer((socket) => {
    socket.once('data', (data) => {
      const reply = build(data.subarray(2));
      if (!reply) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.end(Buffer.concat([length, reply]));
    });
  }).listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const listening = once(udp, 'listening');
  udp.bind(port, '127.0.0.1');
  await listening;
  opened.push(
    () => udp.close(),
    () => tcp.close(),
  );
  return {
    address: `127.0.0.1:${port}`,
    ids,
    get asked() {
      return ids.length;
    },
  };
}
