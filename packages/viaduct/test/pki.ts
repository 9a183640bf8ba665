import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const DAY_MS = 86_400_000;

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface IssueOptions {
  readonly subject?: string;
  readonly usage?: 'client' | 'server' | 'none';
  readonly names?: x509.JsonGeneralNames;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** A throw-away P-256 CA. */
export class TestCa {
  private constructor(
    readonly cert: string,
    private readonly certificate: x509.X509Certificate,
    private readonly keys: webcrypto.CryptoKeyPair,
  ) {}

  static async create(
    subject = 'CN=KubeEdge',
    dates: { notBefore?: Date; notAfter?: Date } = {},
  ): Promise<TestCa> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: subject,
      keys: keys,
      signingAlgorithm: ALGORITHM,
      notBefore: dates.notBefore ?? new Date(Date.now() - DAY_MS),
      notAfter: dates.notAfter ?? new Date(Date.now() + DAY_MS),
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    });
    return new TestCa(certificate.toString('pem'), certificate, keys);
  }

  async issue(options: IssueOptions = {}): Promise<Issued> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const usage = options.usage ?? 'client';
    const certificate = await x509.X509CertificateGenerator.create({
      subject: options.subject ?? 'O=system:nodes, CN=system:node:edge-01',
      issuer: this.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: ALGORITHM,
      notBefore: options.notBefore ?? new Date(Date.now() - DAY_MS),
      notAfter: options.notAfter ?? new Date(Date.now() + DAY_MS),
      extensions: [
        ...(usage === 'none'
          ? []
          : [new x509.ExtendedKeyUsageExtension([usage === 'client' ? CLIENT_AUTH : SERVER_AUTH])]),
        ...(options.names ? [new x509.SubjectAlternativeNameExtension(options.names)] : []),
      ],
    });
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
  }

  /** A server certificate for 127.0.0.1 and localhost. */
  server(options: IssueOptions = {}): Promise<Issued> {
    const names: x509.JsonGeneralNames = [
      { type: 'ip', value: '127.0.0.1' },
      { type: 'dns', value: 'localhost' },
    ];
    return this.issue({ subject: 'O=KubeEdge, CN=KubeEdge', usage: 'server', names, ...options });
  }
}
