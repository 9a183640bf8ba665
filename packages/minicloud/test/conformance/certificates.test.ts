import { readFileSync } from 'node:fs';
import { type Minicloud, startMinicloud } from '@edgecore/minicloud';
import { goldenPath, tempDir } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { useNodeCrypto } from '../../src/pki/crypto.js';
import { type EdgeIdentity, exchange, join } from '../fake-edge.js';

interface Recorded {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  readonly clientCertificate: boolean;
  /** Absent: the connection was closed without an answer. */
  readonly answer?: { status: number; type: string; body: Buffer };
}

function lines(cloud: '2020' | 'v1.23', file: string): Record<string, unknown>[] {
  const text = readFileSync(goldenPath(cloud, file), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function recorded2020(): Recorded[] {
  return lines('2020', 'cert-bootstrap-errors.jsonl').map((line) => {
    const [method = '', path = ''] = String(line['request']).split(' ');
    const head = (line['responseHead'] as string[]).map((text) => text.split(': '));
    const headers = (line['requestHeaders'] as string[]).map((text) => text.split(': '));
    const status = Number(head[0]?.[0]?.split(' ')[1]);
    const type = head.find(([name]) => name === 'Content-Type')?.[1] ?? '';
    return {
      name: String(line['case']),
      method,
      path,
      headers: Object.fromEntries(headers) as Record<string, string>,
      body: Buffer.from(String(line['requestBodyHex']), 'hex'),
      clientCertificate: false,
      ...(head.length > 0
        ? { answer: { status, type, body: Buffer.from(String(line['bodyHex']), 'hex') } }
        : {}),
    };
  });
}

function recordedCurrent(): Recorded[] {
  return lines('v1.23', 'cert-variants.jsonl').map((line) => ({
    name: String(line['note']),
    method: String(line['method']),
    path: String(line['path']),
    headers: line['requestHeaders'] as Record<string, string>,
    body: Buffer.from(String(line['requestBodyHex']), 'hex'),
    clientCertificate: Boolean(line['clientCertificate']),
    answer: {
      status: Number(line['status']),
      type: String((line['responseHeaders'] as Record<string, string>)['content-type'] ?? ''),
      body: Buffer.from(String(line['responseBodyHex']), 'hex'),
    },
  }));
}

/** What of a certificate must be the same. */
function certificateShape(der: Buffer) {
  const x509 = useNodeCrypto();
  const certificate = new x509.X509Certificate(Uint8Array.from(der));
  const days = (certificate.notAfter.getTime() - certificate.notBefore.getTime()) / 86_400_000;
  const isCa = certificate.subject === certificate.issuer;
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    signature: certificate.signatureAlgorithm,
    // The CA of both recordings is valid for a century give or take leap days.
    years: Math.round(days / 365),
    extensions: certificate.extensions
      .map(({ type, critical }) => ({ type, critical }))
      .sort((a, b) => (a.type < b.type ? -1 : 1)),
    usages: certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages,
    keyUsages: certificate.getExtension(x509.KeyUsagesExtension)?.usages,
    serial: isCa ? certificate.serialNumber : certificate.serialNumber.length <= 16,
  };
}

describe.each<['2020' | 'current', Recorded[]]>([
  ['2020', recorded2020()],
  ['current', recordedCurrent()],
])('the certificate endpoint of a %s cloud answers as the recorded one', (profile, cases) => {
  let cloud: Minicloud;
  let identity: EdgeIdentity;
  beforeAll(async () => {
    cloud = await startMinicloud({ dataDir: await tempDir(), profile });
    identity = await join(cloud, 'edge123');
  });
  afterAll(() => cloud.close());

  /** The valid token of the recording, without its hash part. */
  const recordedJwt = cases
    .map(({ headers }) => /(eyJ[\w-]+\.[\w-]+\.[\w-]+)$/.exec(headers['Authorization'] ?? '')?.[1])
    .find((token) => token !== undefined)!;

  /** The same header for our cloud: valid stays valid, broken stays broken in the same way. */
  function authorization(header: string): string {
    const [hash = '', ...jwt] = cloud.token.split('.');
    const own = jwt.join('.');
    return header
      .replace(recordedJwt, own)
      .replace(`${recordedJwt.slice(0, -4)}AAAA`, `${own.slice(0, -4)}AAAA`)
      .replace(/\b[0-9a-f]{64}\b/, hash);
  }

  test.each(cases)('$name', async ({ name, method, path, headers, body, clientCertificate, answer }) => {
    const sent = { ...headers };
    if (sent['Authorization']) sent['Authorization'] = authorization(sent['Authorization']);
    const options = { method, body, headers: sent, ...(clientCertificate ? identity : {}) };
    const calling = exchange(cloud.httpsPort, path, options);
    if (name === 'readyz, no leader election') {
      // With leader election it answers; here there is nothing to elect.
      expect((await calling).body.toString()).toBe('Cloudcore is ready');
      return;
    }
    if (!answer) {
      await expect(calling).rejects.toThrow(/hang up|ECONNRESET/);
      return;
    }
    const got = await calling;
    expect(got.status).toBe(answer.status);
    expect(got.headers['content-type'] ?? '').toBe(answer.type);
    if (answer.type === 'application/octet-stream') {
      expect(certificateShape(got.body)).toEqual(certificateShape(answer.body));
      return;
    }
    // After the last "err:" come words of Go's ASN.1 reader.
    const words = (text: Buffer) => text.toString().replace(/(failed to parse csr, err:).*/s, '$1');
    expect(words(got.body)).toBe(words(answer.body));
  });
});
