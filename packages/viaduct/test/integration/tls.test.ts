import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTls, type TlsOptions } from 'node:tls';
import { eventually } from '@edgecore/testing';
import { createWebSocketTransport, type DialOptions } from '@edgecore/viaduct';
import { afterEach, describe, expect, test } from '@jest/globals';
import { verifyServerChain } from '../../src/websocket/verify-server.js';
import { type IssueOptions, TestCa } from '../pki.js';
import { type RawServer, rawServer } from './raw-server.js';

const ca = await TestCa.create();
const other = await TestCa.create('CN=Other');
const client = await ca.issue();
const DAY_MS = 86_400_000;

let server: RawServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function dialTo(
  cert: { cert: string; key: string },
  overrides: Partial<DialOptions> = {},
  host = '127.0.0.1',
  tls: TlsOptions = {},
) {
  server = await rawServer(cert, ca.cert, tls);
  const dialling = createWebSocketTransport().dial({
    url: `wss://${host}:${server.port}/p/edge-01/events`,
    nodeName: 'edge-01',
    projectId: 'p',
    tls: { ...client, ca: ca.cert },
    ...overrides,
  });
  const connection = await dialling;
  await connection.close();
  return server;
}

describe('the server is verified before any byte of protocol', () => {
  test.each<[string, () => Promise<{ cert: string; key: string }>, RegExp]>([
    ['another CA', () => other.server(), /not signed by the stored CA \(CN=KubeEdge\).*join again/],
    [
      'another name',
      () =>
        ca.server({
          names: [
            { type: 'dns', value: 'cloud.example' },
            { type: 'ip', value: '10.0.0.1' },
          ],
        }),
      /is for \[DNS:cloud\.example, IP Address:10\.0\.0\.1\], not for the configured host "127\.0\.0\.1"/,
    ],
    ['no name at all', () => ca.issue({ usage: 'server' }), /is for \[no name\]/],
    ['a client certificate', () => ca.server({ usage: 'client' }), /not meant for servers/],
    [
      'not yet valid',
      () =>
        ca.server({ notBefore: new Date(Date.now() + DAY_MS), notAfter: new Date(Date.now() + 2 * DAY_MS) }),
      /valid only from .*check the clock/,
    ],
    [
      'expired',
      () =>
        ca.server({ notBefore: new Date(Date.now() - 2 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) }),
      /expired .*check the clock/,
    ],
  ])('%s is refused', async (_what, issue, message) => {
    const cert = await issue();
    server = await rawServer(cert, ca.cert);
    const requests: unknown[] = [];
    server.https
      .on('request', (request) => requests.push(request))
      .on('upgrade', (request) => requests.push(request));
    const dialling = createWebSocketTransport().dial({
      url: `wss://127.0.0.1:${server.port}/p/edge-01/events`,
      nodeName: 'edge-01',
      projectId: 'p',
      tls: { ...client, ca: ca.cert },
    });
    await expect(dialling).rejects.toMatchObject({ code: 'ERR_DIAL', kind: 'tls' });
    await expect(dialling).rejects.toThrow(message);
    expect(requests).toEqual([]);
  });

  test.each<[string, string, IssueOptions]>([
    ['an IP address', '127.0.0.1', {}],
    ['a DNS name', 'localhost', {}],
    ['a certificate without extended usage', '127.0.0.1', { usage: 'none' }],
  ])('%s is accepted', async (_what, host, issue) => {
    await expect(dialTo(await ca.server(issue), {}, host)).resolves.toBeDefined();
  });

  test('an unreadable CA file is told', async () => {
    const tls = { ...client, ca: 'no pem' };
    await expect(dialTo(await ca.server(), { tls })).rejects.toThrow(
      /stored CA file holds no PEM certificate/,
    );
  });

  test('the CN alone is not a name', async () => {
    const leaf = new X509Certificate((await ca.issue({ usage: 'server', subject: 'CN=localhost' })).cert);
    const check = () => verifyServerChain([leaf], { host: 'localhost', port: 1, ca: ca.cert });
    expect(check).toThrow(/not for the configured host "localhost"/);
  });
});

describe('versions and suites (wire.md §2.1)', () => {
  test('the one suite of a 2020 cloud in TLS 1.2 will do', async () => {
    const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256';
    const used: string[] = [];
    const tls = { maxVersion: 'TLSv1.2', ciphers } as const;
    server = await rawServer(await ca.server(), ca.cert, tls);
    server.https.on('secureConnection', (socket) =>
      used.push(`${socket.getProtocol()} ${socket.getCipher().name}`),
    );
    const connection = await createWebSocketTransport().dial({
      url: `wss://127.0.0.1:${server.port}/p/edge-01/events`,
      nodeName: 'edge-01',
      projectId: 'p',
      tls: { ...client, ca: ca.cert },
    });
    await connection.close();
    expect(used).toEqual([`TLSv1.2 ${ciphers}`]);
  });

  test('nothing below TLS 1.2', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const dialling = dialTo(await ca.server(), {}, '127.0.0.1', old);
    await expect(dialling).rejects.toMatchObject({ code: 'ERR_DIAL' });
    // Whoever wants less gets it there.
    const { minVersion, ciphers } = old;
    const lax = { port: server!.port, host: '127.0.0.1', ...client, rejectUnauthorized: false };
    const witness = connectTls({ ...lax, minVersion, ciphers });
    await once(witness, 'secureConnect');
    expect(witness.getProtocol()).toBe('TLSv1.1');
    witness.destroy();
  });

  // Today's default of `dnsNames` is a list of one empty name.
  test('an empty DNS name beside the address is no obstacle', async () => {
    const names = [
      { type: 'dns', value: '' },
      { type: 'ip', value: '127.0.0.1' },
    ] as const;
    await expect(dialTo(await ca.server({ names: [...names] }))).resolves.toBeDefined();
  });
});

describe('the client certificate', () => {
  test('exactly one certificate is sent, without the CA', async () => {
    server = await rawServer(await ca.server(), ca.cert);
    const sentCa: boolean[] = [];
    server.https.on('secureConnection', (socket) => {
      sentCa.push(socket.getPeerX509Certificate()?.issuerCertificate !== undefined);
    });
    const connection = await createWebSocketTransport().dial({
      url: `wss://127.0.0.1:${server.port}/p/edge-01/events`,
      nodeName: 'edge-01',
      projectId: 'p',
      tls: { ...client, ca: ca.cert },
    });
    await connection.close();
    // The trap itself: given `ca`, OpenSSL sends the CA along (compat.md §6.1).
    const trapped = connectTls({ port: server.port, host: '127.0.0.1', ...client, ca: ca.cert });
    await once(trapped, 'secureConnect');
    await eventually(() => sentCa.length === 2);
    trapped.destroy();
    expect(sentCa).toEqual([false, true]);
  });

  test('one of another CA is refused with a hint at the file', async () => {
    const tls = { ...(await other.issue()), ca: ca.cert };
    await expect(dialTo(await ca.server(), { tls })).rejects.toThrow(
      /refused the client certificate \(.*\): the edge certificate file|does not accept the client certificate/,
    );
  });
});
