import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { bootstrapFileToken, type EdgeHubOptions } from '../../src/index.js';
import { FakeCloud, text } from '../support/fake-cloud.js';
import { whyFatal } from '../support/fatal.js';
import { certificatePaths, type Files, QUICK, startNode, type TestNode, writePair } from '../support/node.js';
import { TestCa } from '../support/pki.js';

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

function options(extra: Partial<EdgeHubOptions> = {}): EdgeHubOptions {
  return { ...QUICK, ...files, server: cloud.server, httpServer: cloud.httpServer, ...extra };
}

/** Runs a hub that is expected to give up, and returns why. */
function fatal(extra: Partial<EdgeHubOptions> = {}): Promise<Error> {
  node = startNode(options(extra));
  return whyFatal(node);
}

function nothingWritten(): void {
  for (const file of Object.values(files)) expect(existsSync(file)).toBe(false);
}

const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

describe('fresh bootstrap (edgehub.md §11.1, §11.2)', () => {
  test('gets the CA, then the certificate, writes the files and dials with them', async () => {
    let tokenUsed = 0;
    node = startNode(options({ token: cloud.ca.token(), onTokenUsed: () => void tokenUsed++ }));
    await node.hub.certificatesReady();
    const connection = await cloud.connection();

    expect(cloud.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /ca.crt',
      'GET /edge.crt',
    ]);
    const { headers, body, clientName } = cloud.requests[1]!;
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers.authorization).toBe('Bearer aaaaaaaaaa.bbbbbbbbbb.cccccccccc');
    expect(headers['nodename']).toBe('edge-01');
    expect(clientName).toBe('');
    expect(new Pkcs10CertificateRequest(Uint8Array.from(body)).subject).toBe(
      'C=CN, ST=Zhejiang, L=Hangzhou, O=system:nodes, CN=system:node:edge-01',
    );

    expect(await Promise.all(Object.values(files).map(modeOf))).toEqual(['644', '644', '600']);
    const heads = await Promise.all(
      Object.values(files).map(async (file) => (await readFile(file, 'utf8')).split('\n')[0]),
    );
    expect(heads).toEqual([
      '-----BEGIN CERTIFICATE-----',
      '-----BEGIN CERTIFICATE-----',
      '-----BEGIN EC PRIVATE KEY-----',
    ]);
    const presented = connection.socket.getPeerCertificate().raw;
    expect(new X509Certificate(await readFile(files.tlsCertFile)).raw).toEqual(presented);
    expect(tokenUsed).toBe(1);

    await node.stop();
    node = startNode(options({ token: cloud.ca.token(), onTokenUsed: () => void tokenUsed++ }));
    await cloud.connection(2);
    expect(cloud.requests).toHaveLength(2);
    expect(tokenUsed).toBe(1);
  });

  test("the handshake is upstream's (wire.md §9.4)", async () => {
    await writePair(files, cloud.ca.pem, await cloud.ca.pair());
    node = startNode(options());
    const { url, headers, rawHeaders, socket } = await cloud.connection();
    expect(url).toBe('/e632aba927ea4ac2b575ec1603d56f10/edge-01/events');
    expect(headers['node_id']).toBe('edge-01');
    expect(headers['project_id']).toBe('e632aba927ea4ac2b575ec1603d56f10');
    expect(rawHeaders.filter((name) => name.toLowerCase() === 'connectionuse')).toHaveLength(1);
    expect(headers['connectionuse']).toBe('msg');
    expect(headers.origin).toBeUndefined();
    expect(socket.alpnProtocol).not.toBe('h2');
    expect(socket.getPeerCertificate().subject.CN).toBe('system:node:edge-01');
  });

  test('a failing onTokenUsed is told, not fatal', async () => {
    const onTokenUsed = () => Promise.reject(new Error('read-only file system'));
    node = startNode(options({ token: cloud.ca.token(), onTokenUsed }));
    await cloud.connection();
    expect(
      node.log.some(({ level, text }) => level === 'warn' && text.includes('read-only file system')),
    ).toBe(true);
  });

  test('a token from the bootstrap file beats the configured one (§11.7)', async () => {
    const file = `${await tempDir()}/bootstrap-edgecore.conf`;
    await writeFile(file, `${cloud.ca.token()}\n`);
    node = startNode(options({ token: bootstrapFileToken(file, 'an old one') }));
    await cloud.connection();
  });

  test('without a bootstrap file the configured token counts', async () => {
    const file = `${await tempDir()}/absent.conf`;
    node = startNode(options({ token: bootstrapFileToken(file, cloud.ca.token()) }));
    await cloud.connection();
  });
});

describe('what ends the process (§11.3, §11.4, §10)', () => {
  test("another CA than the token's: nothing is written, the token is not shown", async () => {
    const other = await TestCa.create();
    const token = other.token();
    const error = await fatal({ token });
    expect(error.message).toMatch(/not the CA certificate the token was made for/);
    nothingWritten();
    const output = [error.stack, ...node!.log.map((line) => line.text)].join('\n');
    for (const part of token.split('.').slice(1)) expect(output).not.toContain(part);
  });

  test('an HTML page instead of the CA is named with status and type', async () => {
    cloud.script.http = () => ({ status: 404, type: 'text/html', body: '<html>not here</html>' });
    const error = await fatal({ token: cloud.ca.token() });
    expect(error.message).toContain('404 (text/html): <html>not here</html>');
    nothingWritten();
  });

  test.each([
    [400, 'Invalid authorization token'],
    [401, 'token validation failure, token is empty'],
  ])('%d from /edge.crt', async (status, body) => {
    cloud.script.http = ({ path }) => (path === '/edge.crt' ? text(status, body) : undefined);
    const error = await fatal({ token: cloud.ca.token() });
    expect(error.message).toMatch(new RegExp(`answered ${status} .*${body}.*token is refused`));
    nothingWritten();
  });

  test('a cloud that quotes the token in its refusal does not get it into our output', async () => {
    const token = cloud.ca.token();
    cloud.script.http = ({ path }) => (path === '/edge.crt' ? text(401, `bad token ${token}`) : undefined);
    const error = await fatal({ token });
    const output = [error.stack, ...node!.log.map((line) => line.text)].join('\n');
    for (const part of token.split('.').slice(1)) expect(output).not.toContain(part);
  });

  test.each(['a.b.c', 'a.b.c.d.e', 'zz.b.c.d', 'secretsecret'])(
    'token "%s" of the wrong form',
    async (token) => {
      const error = await fatal({ token });
      expect(error.message).toMatch(/token/);
      expect(error.message).not.toContain(token);
      expect(cloud.requests).toEqual([]);
    },
  );

  test('a token that cannot be read', async () => {
    const error = await fatal({ token: () => Promise.reject(new Error('EACCES')) });
    expect(error.message).toBe('the join token cannot be read');
  });

  test('no files and no token', async () => {
    const error = await fatal();
    expect(error.message).toContain(files.tlsCertFile);
    expect(error.message).toContain('no token');
  });

  test('certificate and key that do not belong together, without a token, name both files', async () => {
    const [one, other] = [await cloud.ca.pair(), await cloud.ca.pair()];
    await writePair(files, cloud.ca.pem, { cert: one.cert, key: other.key });
    const error = await fatal();
    expect(error.message).toContain(
      `certificate ${files.tlsCertFile} and private key ${files.tlsPrivateKeyFile}`,
    );
  });

  test('an expired certificate without a token', async () => {
    const notAfter = new Date(Date.now() - 1000);
    await writePair(files, cloud.ca.pem, await cloud.ca.pair({ notAfter }));
    expect((await fatal()).message).toContain('expired');
  });
});

describe('what is tried again (§11.4)', () => {
  test.each([
    [
      '500',
      { status: 500, type: 'text/plain', body: 'failed to sign certs' },
      'answered 500 (text/plain): failed to sign',
    ],
    ['a reset', { reset: true }, 'gave no answer'],
    ['200 without a body', {}, 'answered 200 with an empty body'],
    [
      'more than a certificate can be',
      { body: Buffer.alloc(1024 * 1024 + 1) },
      'the answer is larger than 1048576 bytes',
    ],
    ['garbage', { body: 'garbage', type: 'text/plain' }, 'not a certificate: 200 (text/plain): garbage'],
  ] as const)('%s from /edge.crt', async (_, reply, told) => {
    let failures = 2;
    cloud.script.http = ({ path }) => (path === '/edge.crt' && failures-- > 0 ? reply : undefined);
    node = startNode(options({ token: cloud.ca.token() }));
    await eventually(() => node!.log.some(({ level, text }) => level === 'warn' && text.includes(told)));
    await cloud.connection();
    expect(cloud.requests.filter(({ path }) => path === '/edge.crt')).toHaveLength(3);
  });

  test('a service that takes the request and never answers', async () => {
    let silent = 1;
    cloud.script.http = ({ path }) => {
      if (path !== '/edge.crt' || silent-- <= 0) return undefined;
      return new Promise(() => {});
    };
    node = startNode(options({ token: cloud.ca.token(), httpTimeoutMs: 200 }));
    await cloud.connection();
    expect(node.log.some(({ text }) => text.includes('no complete answer within 200 ms'))).toBe(true);
    expect(cloud.requests.filter(({ path }) => path === '/edge.crt')).toHaveLength(2);
  });

  test('a certificate for another key or from another CA is not stored', async () => {
    const stranger = await TestCa.create();
    const foreign = new X509Certificate((await cloud.ca.pair()).cert).raw;
    let asked = 0;
    cloud.script.http = async ({ path, body }) => {
      if (path !== '/edge.crt') return undefined;
      expect(existsSync(files.tlsCertFile)).toBe(false);
      asked += 1;
      if (asked === 1) return { body: foreign };
      return asked === 2 ? { body: await stranger.sign(body) } : undefined;
    };
    node = startNode(options({ token: cloud.ca.token() }));
    await cloud.connection();
    expect(asked).toBe(3);
    expect(node.log.some(({ text }) => text.includes('a certificate for another key'))).toBe(true);
    expect(node.log.some(({ text }) => text.includes('this CA did not sign'))).toBe(true);
  });

  test('an unreachable service: health says so, then it comes up', async () => {
    cloud.script.http = () => ({ reset: true });
    node = startNode(options({ token: cloud.ca.token() }));
    await eventually(() => {
      const health = node!.hub.health();
      return health.state === 'starting' && health.reason.includes('gave no answer');
    });
    cloud.script.http = () => undefined;
    await cloud.connection();
    await eventually(() => node!.hub.health().state === 'ready');
  });
});
