import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const USAGES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;
const DAY_MS = 86_400_000;

export interface IssuedPair {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

export interface Validity {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export interface PairOptions extends Validity {
  readonly subject?: string;
  readonly usage?: keyof typeof USAGES;
  readonly names?: x509.JsonGeneralNames;
}

/** A throw-away P-256 CA, as CloudCore makes one. */
export class TestCa {
  private constructor(
    readonly certificate: x509.X509Certificate,
    private readonly keys: webcrypto.CryptoKeyPair,
  ) {}

  static async create(validity: Validity = {}): Promise<TestCa> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=KubeEdge',
      keys,
      signingAlgorithm: ALGORITHM,
      ...dates(validity),
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    });
    return new TestCa(certificate, keys);
  }

  get pem(): string {
    return this.certificate.toString('pem');
  }

  get der(): Buffer {
    return Buffer.from(this.certificate.rawData);
  }

  /** A token for this CA; only its hash part is real. */
  token(jwt = 'aaaaaaaaaa.bbbbbbbbbb.cccccccccc'): string {
    return `${createHash('sha256').update(this.der).digest('hex')}.${jwt}`;
  }

  /** What CloudCore does with a request: CN and O stay, usage client, a year or what is given. */
  async sign(csr: Uint8Array, validity: Validity = {}): Promise<Buffer> {
    const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(csr));
    if (!(await request.verify())) throw new Error('the request is not signed by its own key');
    const certificate = await this.#issue({
      subject: request.subject,
      publicKey: await request.publicKey.export(),
      usage: 'client',
      ...validity,
    });
    return Buffer.from(certificate.rawData);
  }

  async pair(options: PairOptions = {}): Promise<IssuedPair> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await this.#issue({
      subject: options.subject ?? 'O=system:nodes, CN=system:node:edge-01',
      publicKey: keys.publicKey,
      usage: options.usage ?? 'client',
      ...options,
    });
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
  }

  server(names?: x509.JsonGeneralNames): Promise<IssuedPair> {
    const loopback: x509.JsonGeneralNames = [{ type: 'ip', value: '127.0.0.1' }];
    return this.pair({ subject: 'O=KubeEdge, CN=KubeEdge', usage: 'server', names: names ?? loopback });
  }

  #issue(
    options: PairOptions & { subject: string; publicKey: webcrypto.CryptoKey; usage: keyof typeof USAGES },
  ): Promise<x509.X509Certificate> {
    return x509.X509CertificateGenerator.create({
      subject: options.subject,
      issuer: this.certificate.subject,
      publicKey: options.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: ALGORITHM,
      ...dates(options),
      extensions: [
        new x509.ExtendedKeyUsageExtension([USAGES[options.usage]]),
        ...(options.names ? [new x509.SubjectAlternativeNameExtension(options.names)] : []),
      ],
    });
  }
}

function dates({ notBefore, notAfter }: Validity) {
  return {
    notBefore: notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: notAfter ?? new Date(Date.now() + 365 * DAY_MS),
  };
}
