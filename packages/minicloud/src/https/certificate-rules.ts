import type { CloudProfileName } from '@edgecore/api';
import { errorText } from '@edgecore/api';
import type { CertificateAuthority } from '../pki/authority.js';
import { KeyPurpose, keyDer } from '../pki/crypto.js';
import { parseSigningRequest, type SigningRequest } from '../pki/csr.js';
import { verifyHmac } from '../pki/jwt.js';

/** What a client asking for `/edge.crt` sent. */
export interface CertificateRequest {
  readonly authorization: string | undefined;
  readonly nodeName: string;
  /** Header `ExtKeyUsages`: a JSON list of Go's numbers, 1 server, 2 client. */
  readonly usages: string | undefined;
  readonly body: Uint8Array;
  /** The TLS client certificate, if one was shown. */
  readonly client: ClientCertificate | undefined;
}

export interface ClientCertificate {
  /** It chains to the CA and is valid now. */
  readonly trusted: boolean;
  /** Why not. */
  readonly problem: string;
  readonly commonName: string;
  readonly organization: string;
}

/** An HTTP answer, or `'reset'`: upstream 2020 crashes on such a request and the connection just ends. */
export type CertificateAnswer = { readonly status: number; readonly body: string | Buffer } | 'reset';

interface Context {
  readonly authority: CertificateAuthority;
  readonly now: () => number;
}

/** The two clouds' answers to `GET /edge.crt`, word for word (edgehub.md §3.2, compat.md §5). */
export type CertificateRules = (request: CertificateRequest, context: Context) => Promise<CertificateAnswer>;

const DAY_MS = 86_400_000;
/** Life of an edge certificate: a century in 2020, a year today. */
export const EDGE_VALIDITY_MS: Readonly<Record<CloudProfileName, number>> = {
  '2020': 100 * 365 * DAY_MS,
  current: 365 * DAY_MS,
};

export const certificateRules: Readonly<Record<CloudProfileName, CertificateRules>> = {
  '2020': async (request, { authority, now }) => {
    const words = request.authorization?.split(' ') ?? [];
    if (words.length !== 2) return { status: 401, body: 'Invalid authorization token' };
    try {
      verifyHmac(words[1]!, keyDer(authority.key), now());
    } catch {
      return { status: 400, body: 'Invalid authorization token' };
    }
    const csr = await parseSigningRequest(request.body).catch(() => undefined);
    if (!csr) return 'reset';
    if (csr.commonName === '') return { status: 200, body: Buffer.alloc(0) };
    const validityMs = EDGE_VALIDITY_MS['2020'];
    return { status: 200, body: await authority.issue(csr, { validityMs, keepNames: false }) };
  },

  current: async (request, { authority, now }) => {
    const refusal = request.client
      ? refuseClient(request.client, request.nodeName)
      : refuseToken(request.authorization, keyDer(authority.key), now());
    if (refusal !== undefined) return { status: 401, body: refusal };
    const failed = (reason: string) => ({
      status: 500,
      body: `failed to sign certs for edgenode ${request.nodeName}, err: fail to signCerts, err: ${reason}`,
    });
    let csr: SigningRequest;
    let usages: string[];
    try {
      csr = await parseSigningRequest(request.body);
      usages = parseUsages(request.usages);
    } catch (error) {
      return failed(`failed to parse csr, err: ${errorText(error)}`);
    }
    if (csr.commonName === '') return failed('must specify a CommonName');
    const validityMs = EDGE_VALIDITY_MS.current;
    return { status: 200, body: await authority.issue(csr, { usages, validityMs, keepNames: true }) };
  },
};

function refuseToken(authorization: string | undefined, key: Uint8Array, nowMs: number): string | undefined {
  const failure = 'token validation failure,';
  if (!authorization) return `${failure} token is empty`;
  const words = authorization.split(' ');
  if (words.length !== 2) return `${failure} token cannot be split`;
  try {
    verifyHmac(words[1]!, key, nowMs);
    return undefined;
  } catch (error) {
    return `${failure} err: ${errorText(error)}`;
  }
}

/** A node may renew only its own certificate; `kubeedge.io` is the legacy subject (edgehub.md §4). */
function refuseClient(client: ClientCertificate, nodeName: string): string | undefined {
  const failure = `failed to verify the certificate for edgenode: ${nodeName}, err:`;
  if (!client.trusted) return `${failure} ${client.problem}`;
  const { organization, commonName } = client;
  if (organization === 'system:nodes' && commonName === `system:node:${nodeName}`) return undefined;
  if (organization === 'KubeEdge' && commonName === 'kubeedge.io') return undefined;
  return `${failure} request node name is not match with the certificate`;
}

function parseUsages(header: string | undefined): string[] {
  if (header === undefined || header === '') return [KeyPurpose.clientAuth];
  const numbers: unknown = JSON.parse(header);
  if (!Array.isArray(numbers)) throw new Error('ExtKeyUsages is not a list');
  return numbers.map((number) => {
    if (number === 1) return KeyPurpose.serverAuth;
    if (number === 2) return KeyPurpose.clientAuth;
    throw new Error(`ExtKeyUsages: ${String(number)} is neither 1 (server) nor 2 (client)`);
  });
}
