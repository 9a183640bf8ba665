import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { eventually } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeCloud, text } from '../support/fake-cloud.js';
import { Gate } from '../support/gate.js';
import { certificatePaths, type Files, QUICK, startNode, type TestNode, writePair } from '../support/node.js';

let cloud: FakeCloud;
let files: Files;
let node: TestNode | undefined;

beforeEach(async () => {
  cloud = await FakeCloud.start();
  files = await certificatePaths();
  // 100 s of validity, 95 s of which have passed: due for renewal.
  const notBefore = new Date(Date.now() - 95_000);
  await writePair(
    files,
    cloud.ca.pem,
    await cloud.ca.pair({ notBefore, notAfter: new Date(Date.now() + 5000) }),
  );
});

afterEach(async () => {
  await node?.stop();
  node = undefined;
  await cloud.close();
});

const options = () => ({ ...QUICK, ...files, server: cloud.server, httpServer: cloud.httpServer });
const presented = (connection: { socket: { getPeerCertificate(): { raw: Buffer } } }) =>
  connection.socket.getPeerCertificate().raw;

test('renewed with the old certificate, no token; then the hub connects with the new one (edgehub.md §11.9)', async () => {
  const release = new Gate();
  cloud.script.http = async () => {
    await release.opened;
    return undefined;
  };
  node = startNode(options());
  const first = await cloud.connection();
  const old = presented(first);
  release.open();
  const second = await cloud.connection(2);

  expect(cloud.requests.map(({ path }) => path)).toEqual(['/edge.crt']);
  expect(cloud.requests[0]).toMatchObject({ clientName: 'system:node:edge-01', chainLength: 1 });
  expect(cloud.requests[0]!.headers.authorization).toBeUndefined();
  expect(cloud.requests[0]!.headers['nodename']).toBe('edge-01');
  const renewed = new X509Certificate(await readFile(files.tlsCertFile)).raw;
  expect(renewed).not.toEqual(old);
  expect(presented(second)).toEqual(renewed);
  await eventually(() => first.closed);
  const inAYear = Date.now() + 364 * 86_400_000;
  expect(node.hub.stats().certificateNotAfter).toBeGreaterThan(inAYear);
});

test('a second certificate on the wire would be counted', async () => {
  const { cert, key } = await cloud.ca.pair();
  await new Promise<void>((resolve, reject) => {
    const chain = { cert: `${cert}\n${cloud.ca.pem}`, key, ca: cloud.ca.pem };
    const outgoing = request(`${cloud.httpServer}/ca.crt`, { ...chain, agent: false }, (response) => {
      response.resume().once('end', resolve);
    });
    outgoing.once('error', reject).end();
  });
  expect(cloud.requests[0]!.chainLength).toBe(2);
});

test('a cloud that fails leaves everything as it was, and is asked again', async () => {
  cloud.script.http = () => text(500, 'later');
  node = startNode(options());
  const connection = await cloud.connection();
  await eventually(() =>
    node!.log.some((line) => line.text.includes('could not be renewed') && line.text.includes('500')),
  );
  expect(new X509Certificate(await readFile(files.tlsCertFile)).raw).toEqual(presented(connection));
  expect(connection.closed).toBe(false);
  expect(cloud.connections).toHaveLength(1);
});

describe('a certificate that expires while its renewal fails (edgehub.md §4)', () => {
  /** Expires between the first attempt and the second, 2 s later. */
  async function expiring(token?: string): Promise<TestNode> {
    const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 1900) };
    await writePair(files, cloud.ca.pem, await cloud.ca.pair(validity));
    let failures = 1;
    cloud.script.http = () => (failures-- > 0 ? text(500, 'later') : undefined);
    node = startNode({ ...options(), ...(token === undefined ? {} : { token }) });
    await eventually(() => cloud.requests.length === 1);
    return node;
  }

  test('the token gets a new one, and the hub connects with it', async () => {
    await expiring(cloud.ca.token());
    const renewed = await cloud.connection(2);
    expect(cloud.requests.map(({ path, clientName }) => `${path} ${clientName}`)).toEqual([
      '/edge.crt system:node:edge-01',
      '/ca.crt ',
      '/edge.crt ',
    ]);
    expect(cloud.requests[2]!.headers.authorization).toBe('Bearer aaaaaaaaaa.bbbbbbbbbb.cccccccccc');
    expect(presented(renewed)).toEqual(new X509Certificate(await readFile(files.tlsCertFile)).raw);
  });

  test('without a token each attempt says when it expired, and the node goes on', async () => {
    const { log } = await expiring();
    const told = await eventually(() =>
      log.find(({ level, text: line }) => level === 'error' && line.includes(`${files.tlsCertFile} expired`)),
    );
    expect(told.text).toMatch(/expired 20\d\d-\d\d-\d\dT.*no token/);
    expect(cloud.requests).toHaveLength(1);
    expect(cloud.connections).toHaveLength(1);
    expect(cloud.connections[0]!.closed).toBe(false);
  });
});

test('switched off, nothing is asked', async () => {
  node = startNode({ ...options(), rotateCertificates: false });
  await cloud.connection();
  await eventually(() => node!.hub.health().state === 'ready');
  expect(cloud.requests).toEqual([]);
});
