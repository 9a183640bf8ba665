import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  EC_P256,
  generateKey,
  KeyPurpose,
  keyPem,
  randomSerial,
  type SigningKey,
  useNodeCrypto,
  wholeSecond,
} from './crypto.js';
import type { SigningRequest } from './csr.js';

const DAY_MS = 86_400_000;
const CENTURY_MS = 100 * 365 * DAY_MS;
/** The serial number of every KubeEdge CA, 1024. */
const CA_SERIAL = '0400';

export interface IssueOptions {
  /** Extended key usages, OIDs. Default client authentication. */
  readonly usages?: readonly string[];
  readonly validityMs: number;
  /** The names of the request go into the certificate (profile `current`). */
  readonly keepNames: boolean;
}

/** The cluster's certificate authority: CN `KubeEdge`, P-256, signs with SHA-256 (edgehub.md §3.3). */
export class CertificateAuthority {
  readonly certificate: X509Certificate;

  constructor(
    readonly certPem: string,
    readonly key: SigningKey,
    private readonly now: () => number,
  ) {
    this.certificate = new X509Certificate(certPem);
  }

  /** A new CA, valid for a century as upstream's. */
  static async create(now: () => number): Promise<CertificateAuthority> {
    const x509 = useNodeCrypto();
    const key = await generateKey();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: CA_SERIAL,
      name: 'CN=KubeEdge',
      keys: key.pair,
      signingAlgorithm: EC_P256,
      notBefore: wholeSecond(now()),
      notAfter: wholeSecond(now() + CENTURY_MS),
      extensions: [
        new x509.KeyUsagesExtension(KEY_USAGE.ca, true),
        new x509.ExtendedKeyUsageExtension([KeyPurpose.serverAuth, KeyPurpose.clientAuth]),
        new x509.BasicConstraintsExtension(true, undefined, true),
        await x509.SubjectKeyIdentifierExtension.create(key.pair.publicKey),
      ],
    });
    return new CertificateAuthority(certificate.toString('pem'), key, now);
  }

  /** DER of the CA certificate: the body of `/ca.crt`. */
  get der(): Buffer {
    return this.certificate.raw;
  }

  /** The certificate for a request: only CN and O of its subject survive (edgehub.md §3.3). Returns DER. */
  async issue(request: SigningRequest, options: IssueOptions): Promise<Buffer> {
    const x509 = useNodeCrypto();
    const names = options.keepNames ? request.names : [];
    const certificate = await this.#sign({
      subject: [
        ...(request.organizations.length > 0 ? [{ O: [...request.organizations] }] : []),
        { CN: [request.commonName] },
      ],
      publicKey: new x509.PublicKey(request.publicKey),
      usages: options.usages ?? [KeyPurpose.clientAuth],
      names,
      validityMs: options.validityMs,
    });
    return Buffer.from(certificate.rawData);
  }

  /** A server certificate for these addresses and its key, PEM. */
  async issueServer(
    addresses: readonly string[],
    validityMs: number,
  ): Promise<{ cert: string; key: string }> {
    const key = await generateKey();
    const certificate = await this.#sign({
      subject: [{ O: ['KubeEdge'] }, { CN: ['KubeEdge'] }],
      publicKey: key.pair.publicKey,
      usages: [KeyPurpose.serverAuth],
      names: addresses.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
      validityMs,
    });
    return { cert: certificate.toString('pem'), key: keyPem(key) };
  }

  async #sign(options: SignOptions) {
    const x509 = useNodeCrypto();
    const now = this.now();
    return x509.X509CertificateGenerator.create({
      serialNumber: randomSerial(),
      subject: new x509.Name(options.subject).toString(),
      issuer: 'CN=KubeEdge',
      publicKey: options.publicKey,
      signingKey: this.key.pair.privateKey,
      signingAlgorithm: EC_P256,
      notBefore: wholeSecond(now),
      notAfter: wholeSecond(now + options.validityMs),
      extensions: [
        new x509.KeyUsagesExtension(KEY_USAGE.leaf, true),
        new x509.ExtendedKeyUsageExtension([...options.usages]),
        await x509.AuthorityKeyIdentifierExtension.create(this.key.pair.publicKey),
        ...(options.names.length > 0 ? [new x509.SubjectAlternativeNameExtension([...options.names])] : []),
      ],
    });
  }
}

type Library = ReturnType<typeof useNodeCrypto>;

interface SignOptions {
  readonly subject: ConstructorParameters<Library['Name']>[0];
  readonly publicKey: ConstructorParameters<Library['PublicKey']>[0] | SigningKey['pair']['publicKey'];
  readonly usages: readonly string[];
  readonly names: SigningRequest['names'];
  readonly validityMs: number;
}

/** Bits of RFC 5280 §4.2.1.3, as the library numbers them. */
const KEY_USAGE = {
  /** digitalSignature, keyEncipherment, keyCertSign. */
  ca: 1 | 4 | 32,
  /** digitalSignature, keyEncipherment. */
  leaf: 1 | 4,
} as const;
