import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cloudProfiles } from '@edgecore/api';
import { createMessage, decodeMessage } from '@edgecore/beehive';
import { golden, goldenHub, goldenPath } from '@edgecore/testing';
import { MemoryNetwork } from '@edgecore/viaduct';
import { describe, expect, test } from '@jest/globals';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { commonName } from '../../src/certificates/check-certificate.js';
import { certificateRequest, nodeSubject } from '../../src/certificates/csr.js';
import { caHashOf, parseToken } from '../../src/certificates/token.js';
import { route } from '../../src/inbound/route.js';
import { checkOutbound } from '../../src/outbound/check-outbound.js';
import { startNode } from '../support/node.js';
import '../support/pki.js';

const RECORDINGS = [
  ['2020', 'node-register-status.jsonl'],
  ['2020', 'pod-lifecycle.jsonl'],
  ['2020', 'pod-with-configmap-secret.jsonl'],
  ['2020', 'service-endpoints.jsonl'],
  ['2020', 'reconnect.jsonl'],
  ['v1.23', 'node-register-status.jsonl'],
  ['v1.23', 'pod-lifecycle.jsonl'],
  ['v1.23', 'pod-with-configmap-secret-token.jsonl'],
  ['v1.23', 'reconnect.jsonl'],
  ['v1.23', 'keepalive.jsonl'],
] as const;

describe.each(RECORDINGS)('%s/%s', (recorded, file) => {
  const lines = goldenHub(recorded, file).map((line) => ({
    dir: line.dir,
    message: decodeMessage(Buffer.from(line.raw, 'hex')),
  }));

  test('everything the cloud sent has a destination', () => {
    const down = lines.filter(({ dir }) => dir === 'down');
    expect(
      down.map(({ message }) => ({ message, to: route(message) })).filter(({ to }) => to.kind === 'drop'),
    ).toEqual([]);
  });

  test('nothing the Go edge sent would be refused', () => {
    const up = lines.filter(({ dir, message }) => dir === 'up' && message.operation !== '');
    expect(up.length).toBeGreaterThan(0);
    const refused = up.filter(({ message }) => 'problem' in checkOutbound(message, 1 << 27));
    expect(refused.map(({ message }) => message)).toEqual([]);
  });
});

test('our keepalive is the recorded one', async () => {
  const recorded = goldenHub('v1.23', 'keepalive.jsonl').find(
    (line) => line.message.route.operation === 'keepalive',
  )!;
  const network = new MemoryNetwork();
  const server = network.listen({ host: 'cloud', port: 10000 });
  const node = startNode({
    nodeName: 'edge123',
    server: 'cloud:10000',
    httpServer: 'https://cloud:10002',
    cloudProfile: 'current',
    transport: network.transport,
    useTls: false,
  });
  const { value: edge } = await server.connections().next();
  const { value: first } = await edge.messages().next();
  const { source, group, operation, resource, content } = first;
  expect({ route: { source, group, operation, resource }, content }).toEqual({
    route: recorded.message.route,
    content: recorded.message.content,
  });
  await node.stop();
  await server.close();
});

describe('certificates (v1.23/cert-bootstrap.jsonl)', () => {
  const [ca, edge] = golden('v1.23', 'cert-bootstrap.jsonl') as unknown as {
    requestBodyHex: string;
    responseBodyHex: string;
    requestHeaders: Record<string, string[]>;
  }[];

  test('our request has the subject of the Go edge, byte for byte', () => {
    const theirs = Buffer.from(edge!.requestBodyHex, 'hex');
    const subject = nodeSubject('edge123');
    expect(theirs.includes(subject)).toBe(true);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ours = certificateRequest(subject, privateKey);
    const [mine, recorded] = [ours, theirs].map((der) => new Pkcs10CertificateRequest(Uint8Array.from(der)));
    expect(mine!.subject).toBe(recorded!.subject);
    expect(mine!.signatureAlgorithm).toEqual(recorded!.signatureAlgorithm);
    // Everything up to the key's point and the signature is the same but for the outer lengths.
    const start = ours.indexOf(subject);
    const theirStart = theirs.indexOf(subject);
    const length = subject.length + 26;
    expect(ours.subarray(start, start + length)).toEqual(theirs.subarray(theirStart, theirStart + length));
  });

  test('the recorded answer is what we would accept', () => {
    const authority = new X509Certificate(Buffer.from(ca!.responseBodyHex, 'hex'));
    const issued = new X509Certificate(Buffer.from(edge!.responseBodyHex, 'hex'));
    expect(commonName(issued)).toBe('system:node:edge123');
    expect(issued.checkIssued(authority) && issued.verify(authority.publicKey)).toBe(true);
    const bearer = edge!.requestHeaders['Authorization']![0]!.replace('Bearer ', '');
    const token = parseToken(`${caHashOf(authority.raw)}.${bearer}`);
    expect(token.bearer).toBe(bearer);
  });
});

// One message up, its answer down, measured one by one (compat.md §2).
test.each([
  ['current', 'hub-probe.jsonl'],
  ['2020', 'hub-probe-cloud2020.jsonl'],
] as const)('profile %s: each request of %s ends as measured', async (cloudProfile, file) => {
  const probes = readFileSync(goldenPath('v1.23', file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { note: string; up: object; reply: object | null })
    .map(({ note, up, reply }) => ({
      note,
      up: decodeMessage(JSON.stringify(up)),
      reply: reply && decodeMessage(JSON.stringify(reply)),
    }));
  const network = new MemoryNetwork();
  const server = network.listen({ host: 'cloud', port: 10000 });
  const node = startNode({
    nodeName: 'probe1',
    server: 'cloud:10000',
    httpServer: 'https://cloud:10002',
    cloudProfile,
    transport: network.transport,
    useTls: false,
  });
  void (async () => {
    for await (const edge of server.connections()) {
      for await (const message of edge.messages()) {
        const reply = probes.find(({ up }) => up.id === message.id)?.reply;
        if (reply) await edge.send(reply);
      }
    }
  })();
  const outcomes = probes.map(async ({ note, up }) => {
    const request = node.me.request('websocket', createMessage<unknown>(up), { timeoutMs: 1000 });
    return [
      note,
      await request.then(
        ({ source }) => source,
        ({ code }: { code: string }) => code,
      ),
    ];
  });
  const expected = probes.map(({ note, up, reply }) => {
    const refused = 'problem' in checkOutbound(up, 1 << 27);
    const silent = cloudProfiles[cloudProfile].isAnswered(up) ? 'ERR_REQUEST_TIMEOUT' : 'edgehub';
    return [note, reply ? reply.source : refused ? 'ERR_ERROR_RESPONSE' : silent];
  });
  expect(await Promise.all(outcomes)).toEqual(expected);
  await node.stop();
  await server.close();
});
