import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { CaMismatchError, CertificateRequestError } from '../errors.js';
import type { CertificatePair } from './certificate-files.js';
import { parseCertificate } from './check-certificate.js';
import { certificateRequest, nodeSubject } from './csr.js';
import { type HttpsAnswer, type HttpsGetOptions, httpsGet } from './https-get.js';
import { caHashOf } from './token.js';

export interface CertificateClientOptions {
  /** `https://<host>:<port>` of CloudCore's certificate service. */
  readonly httpServer: URL;
  readonly nodeName: string;
  /** Each request, connection to last byte. */
  readonly timeoutMs: number;
}

/** How the node proves who it is: with the token's JWT, or with the certificate it has. */
export type Credentials = { readonly bearer: string } | { readonly pair: CertificatePair };

/** Statuses that say "these credentials, never" (edgehub.md §3.2). */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403]);
const EXCERPT_LENGTH = 200;

/** Talks to CloudCore's certificate service (edgehub.md §3.2). */
export class CertificateClient {
  constructor(private readonly options: CertificateClientOptions) {}

  /**
   * Fetches the CA from a server nobody vouches for yet; the hash does.
   * @returns PEM. @throws {CaMismatchError} @throws {CertificateRequestError}
   */
  async fetchCa(caHash: string, signal: AbortSignal): Promise<string> {
    const answer = await this.#get('ca.crt', { signal });
    const found = caHashOf(answer.body);
    const ca = found === caHash ? parseCertificate(answer.body) : undefined;
    if (ca && answer.status === 200) return pem(ca);
    const got = `${this.#url('ca.crt')} answered ${describe(answer)}`;
    if (answer.status >= 500) throw new CertificateRequestError(got, false, answer.status);
    throw new CaMismatchError(
      `${got}, which is not the CA certificate the token was made for (token CA hash ${caHash}, hash of the answer ${found}); check httpServer, or get a fresh token from this cloud`,
    );
  }

  /**
   * Has a new key certified. Nothing is written: the caller does.
   * @param ca PEM the server and the new certificate are verified against.
   * @throws {CertificateRequestError}
   */
  async requestCertificate(
    ca: string,
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<CertificatePair> {
    const { nodeName } = this.options;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const headers: Record<string, string> = { NodeName: nodeName };
    if ('bearer' in credentials) headers['Authorization'] = `Bearer ${credentials.bearer}`;
    const answer = await this.#get('edge.crt', {
      ca,
      headers,
      body: certificateRequest(nodeSubject(nodeName), privateKey),
      signal,
      ...('pair' in credentials ? { clientCertificate: credentials.pair } : {}),
    });
    const fail = (reason: string) =>
      new CertificateRequestError(`${this.#url('edge.crt')} ${reason}`, false, answer.status);
    if (answer.status !== 200) throw this.#refused(answer, credentials);
    if (answer.body.length === 0) throw fail('answered 200 with an empty body instead of a certificate');
    const certificate = parseCertificate(answer.body);
    if (!certificate) throw fail(`answered something that is not a certificate: ${describe(answer)}`);
    const ours = publicKey.export({ type: 'spki', format: 'der' });
    if (!certificate.publicKey.export({ type: 'spki', format: 'der' }).equals(ours)) {
      throw fail('answered a certificate for another key; it was not stored');
    }
    const authority = new X509Certificate(ca);
    if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) {
      throw fail('answered a certificate that this CA did not sign; it was not stored');
    }
    return {
      cert: pem(certificate),
      key: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    };
  }

  #refused(answer: HttpsAnswer, credentials: Credentials): CertificateRequestError {
    const fatal = 'bearer' in credentials && REFUSALS.has(answer.status);
    const advice = fatal
      ? '; the token is refused: it may have expired (they live a day), get a fresh one'
      : '';
    const secret = 'bearer' in credentials ? credentials.bearer : undefined;
    const text = `${this.#url('edge.crt')} answered ${describe(answer, secret)}${advice}`;
    return new CertificateRequestError(text, fatal, answer.status);
  }

  async #get(path: string, options: Omit<HttpsGetOptions, 'url' | 'timeoutMs'>): Promise<HttpsAnswer> {
    const url = this.#url(path);
    try {
      return await httpsGet({ ...options, url, timeoutMs: this.options.timeoutMs });
    } catch (cause) {
      options.signal.throwIfAborted();
      throw new CertificateRequestError(`${url} gave no answer`, false, undefined, { cause });
    }
  }

  #url(path: string): URL {
    const { httpServer } = this.options;
    return new URL(`${httpServer.pathname.replace(/\/$/, '')}/${path}`, httpServer);
  }
}

/** Status, content type and the beginning of the body, in one line; a server that quotes our token is not quoted. */
function describe({ status, contentType, body }: HttpsAnswer, secret?: string): string {
  const type = contentType === '' ? '' : ` (${contentType})`;
  if (body.length === 0) return `${status}${type} with an empty body`;
  let text = body.toString('utf8');
  if (/[\0-\x08\uFFFD]/.test(text)) return `${status}${type}, ${body.length} bytes`;
  for (const part of secret?.split('.') ?? []) text = text.replaceAll(part, '***');
  return `${status}${type}: ${text.slice(0, EXCERPT_LENGTH).replace(/\s+/g, ' ').trim()}`;
}

function pem(certificate: X509Certificate): string {
  return certificate.toString();
}
