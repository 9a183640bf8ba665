import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { eventually, golden } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { caHashOf } from '../../src/certificates/token.js';
import { FakeCloud } from '../support/fake-cloud.js';
import { certificatePaths, type Files, QUICK, startNode, type TestNode } from '../support/node.js';

/** One exchange of `2020/cert-bootstrap.jsonl`. */
interface Exchange {
  /** `GET /ca.crt HTTP/1.1`. */
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly answer: Buffer;
}

const NODE = 'edge-2020';
const [CA, EDGE] = recorded() as [Exchange, Exchange];

/** What is the HTTP library's own, not the protocol's: where it goes, who asks, what comes back compressed. */
const LIBRARY = new Set(['host', 'user-agent', 'accept-encoding', 'connection']);

function recorded(): Exchange[] {
  const lines = golden('2020', 'cert-bootstrap.jsonl');
  return lines
    .filter(({ kind }) => kind === 'http-request')
    .map((request, index) => {
      const [line = '', ...headers] = request['head'] as string[];
      const pairs = headers.map((header) => header.split(': '));
      return {
        line,
        headers: Object.fromEntries(pairs.map(([name = '', value = '']) => [name.toLowerCase(), value])),
        body: Buffer.from(String(request['bodyHex']), 'hex'),
        answer: Buffer.from(String(lines[2 * index + 1]!['bodyHex']), 'hex'),
      };
    });
}

function protocolHeaders(headers: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(headers)
    .filter((name) => !LIBRARY.has(name))
    .sort();
}

let cloud: FakeCloud;
let files: Files;
let node: TestNode | undefined;

beforeEach(async () => {
  cloud = await FakeCloud.start();
  files = await certificatePaths();
});

afterEach(async () => {
  await node?.stop();
  node = undefined;
  await cloud.close();
});

function start(token: string): TestNode {
  const { server, httpServer } = cloud;
  node = startNode({ ...QUICK, ...files, nodeName: NODE, cloudProfile: '2020', server, httpServer, token });
  return node;
}

describe('a first start with a cloud of 2020 (2020/cert-bootstrap.jsonl)', () => {
  test('ours asks for what the Go edge asked for, in its order and form', async () => {
    const jwt = EDGE.headers['authorization']!.replace('Bearer ', '');
    start(cloud.ca.token(jwt));
    await cloud.connection();
    expect(
      cloud.requests.map(({ method, path, httpVersion }) => `${method} ${path} HTTP/${httpVersion}`),
    ).toEqual([CA.line, EDGE.line]);
    const [ca, edge] = cloud.requests as [(typeof cloud.requests)[0], (typeof cloud.requests)[0]];
    expect(protocolHeaders(ca.headers)).toEqual(protocolHeaders(CA.headers));
    expect(ca.body).toHaveLength(CA.body.length);
    // `NodeName` is today's; a cloud of 2020 does not look at it, and one form serves both (compat.md §5).
    expect(protocolHeaders(edge.headers)).toEqual([...protocolHeaders(EDGE.headers), 'nodename']);
    expect(edge.headers.authorization).toBe(EDGE.headers['authorization']);
    expect(edge.headers['content-length']).toBe(String(edge.body.length));
    expect(EDGE.headers['content-length']).toBe(String(EDGE.body.length));
  });

  test('the request for the certificate is the Go edge’s but for the subject', async () => {
    start(cloud.ca.token());
    await cloud.connection();
    const [ours, theirs] = [cloud.requests[1]!.body, EDGE.body].map((der) => {
      const request = new Pkcs10CertificateRequest(Uint8Array.from(der));
      const { signatureAlgorithm, attributes, extensions, publicKey } = request;
      const form = { signatureAlgorithm, attributes, extensions, key: publicKey.algorithm };
      return { form, subject: request.subject };
    });
    expect(ours!.form).toEqual(theirs!.form);
    expect(theirs!.subject).toBe('C=CN, ST=Zhejiang, L=Hangzhou, O=kubeEdge, CN=kubeedge.io');
    // The one both clouds accept, now and for rotation (edgehub.md §3.3).
    expect(ours!.subject).toBe(`C=CN, ST=Zhejiang, L=Hangzhou, O=system:nodes, CN=system:node:${NODE}`);
  });

  test('the recorded CA is taken, and a server it did not sign gets nothing', async () => {
    cloud.script.http = ({ path }) => (path === '/ca.crt' ? { body: CA.answer } : undefined);
    const jwt = EDGE.headers['authorization']!.replace('Bearer ', '');
    const { log } = start(`${caHashOf(CA.answer)}.${jwt}`);
    await eventually(() =>
      log.some(({ level, text }) => level === 'warn' && /edge\.crt gave no answer/.test(text)),
    );
    expect(cloud.requests.filter(({ path }) => path !== '/ca.crt')).toEqual([]);
    for (const file of Object.values(files)) expect(existsSync(file)).toBe(false);
  });

  test('the recorded certificate is of the recorded CA and for the recorded key', () => {
    const [authority, issued] = [new X509Certificate(CA.answer), new X509Certificate(EDGE.answer)];
    expect(issued.checkIssued(authority) && issued.verify(authority.publicKey)).toBe(true);
    const asked = new Pkcs10CertificateRequest(Uint8Array.from(EDGE.body));
    expect(issued.publicKey.export({ type: 'spki', format: 'der' })).toEqual(
      Buffer.from(asked.publicKey.rawData),
    );
  });
});

test('the dial is the Go edge’s (2020/node-register-status.jsonl)', async () => {
  const dial = golden('2020', 'node-register-status.jsonl').find(({ kind }) => kind === 'ws-handshake')!;
  start(cloud.ca.token());
  const { url, headers } = await cloud.connection();
  expect(url).toBe(new URL(String(dial['url'])).pathname);
  const extra = dial['extraHeaders'] as Record<string, string[]>;
  for (const [name, [value]] of Object.entries(extra))
    expect([name, headers[name.toLowerCase()]]).toEqual([name, value]);
  const standard = new Set([...LIBRARY, 'upgrade', 'sec-websocket-version', 'sec-websocket-key']);
  const ours = Object.keys(headers).filter((name) => !standard.has(name));
  expect(ours.sort()).toEqual(
    Object.keys(extra)
      .map((name) => name.toLowerCase())
      .sort(),
  );
});
