import { expect, test } from '@jest/globals';
import { AnswerCache } from '../src/dns/answer-cache.js';
import { Forwarder } from '../src/dns/forwarder.js';
import { udpLimit } from '../src/dns/query.js';
import { Responder } from '../src/dns/responder.js';
import { Upstreams } from '../src/dns/upstreams.js';
import { Zone } from '../src/dns/zone.js';
import { question } from './support/dns-client.js';

/** The million is for `EDGEMESH_FUZZ=1000000` by hand. */
const COUNT = Number(process.env['EDGEMESH_FUZZ'] ?? 5000);

function responder(): Responder {
  const source = {
    get: () => undefined,
    hasNamespace: () => false,
    addresses: () => [],
    namedPods: () => [],
    ownerOf: () => undefined,
  };
  const upstreams = new Upstreams({ servers: ['not an address'], resolvConf: '/nowhere', own: [] });
  return new Responder(
    new Zone(source, 'cluster.local'),
    new Forwarder({ upstreams, cache: new AnswerCache() }),
  );
}

async function rcodeOf(packet: Buffer): Promise<number | 'silence'> {
  const { packet: reply } = await responder().answer(packet, udpLimit);
  return reply ? reply[3]! & 0xf : 'silence';
}

test('#12 broken packets are refused or left alone', async () => {
  const bomb = Buffer.from('1234010000010000000000ff', 'hex');
  expect(await rcodeOf(Buffer.alloc(0))).toBe('silence');
  expect(await rcodeOf(Buffer.from('12345'))).toBe('silence');
  expect(await rcodeOf(Buffer.from('123401000001000000000000', 'hex'))).toBe(1);
  expect(await rcodeOf(Buffer.from(`12340100${'ffff'.repeat(4)}`, 'hex'))).toBe(1);
  expect(await rcodeOf(bomb)).toBe(1);
  expect(await rcodeOf(question('www.example.org').subarray(0, 20))).toBe(1);
  expect(await rcodeOf(Buffer.from('123401000001000000000000c00c00010001', 'hex'))).toBe(1);
  expect(await rcodeOf(Buffer.from('123428000001000000000000', 'hex'))).toBe(4);
  expect(await rcodeOf(Buffer.from('123481800001000000000000', 'hex'))).toBe('silence');
});

test(
  '#12 random and damaged packets',
  async () => {
    const one = responder();
    let seed = 20_200_620;
    const random = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    const good = question('nginx-svc.default.svc.cluster.local', { edns: 1232 });
    for (let index = 0; index < COUNT; index++) {
      const packet =
        index % 2 === 0
          ? Buffer.from(Array.from({ length: Math.floor(random() * 80) }, () => random() * 256))
          : Buffer.from(good.subarray(0, Math.floor(random() * (good.length + 1))));
      if (packet.length > 0) packet[Math.floor(random() * packet.length)] = random() * 256;
      const { packet: reply } = await one.answer(packet, udpLimit);
      if (reply) expect(reply.readUInt16BE(0)).toBe(packet.readUInt16BE(0));
    }
  },
  20_000 + COUNT / 5,
);

test('#12 20 000 headers that announce 65 535 records of each kind cost next to nothing', async () => {
  const one = responder();
  const bomb = Buffer.from(`12340100${'ffff'.repeat(4)}`, 'hex');
  // The same header that announces nothing, in the same run: what it may cost is a small multiple.
  const harmless = Buffer.from(`12340100${'0000'.repeat(4)}`, 'hex');
  const costOf = async (packet: Buffer) => {
    const before = process.cpuUsage();
    for (let index = 0; index < 20_000; index++) await one.answer(packet, udpLimit);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  await costOf(harmless);
  expect(await costOf(bomb)).toBeLessThan(20 * (await costOf(harmless)));
});
