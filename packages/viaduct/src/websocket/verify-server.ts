import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { DialError } from '../errors.js';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USAGE = '2.5.29.37.0';
const MAX_CHAIN = 8;
const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

export interface VerifyServerOptions {
  /** Host as dialled: an IP address or a DNS name. */
  readonly host: string;
  readonly port: number;
  /** PEM of the trusted CA(s). */
  readonly ca: string;
  /** Compare the host with the names in the certificate. Default true. */
  readonly checkName?: boolean;
  /** Default now. */
  readonly now?: Date;
}

/**
 * Checks the certificate a server presented: chain to the stored CA, validity,
 * server usage, name (compat.md §6.1). OpenSSL cannot do it for us, because a
 * CA it knows is sent along as a second client certificate.
 *
 * @throws {DialError} of kind `tls` naming the server, what is wrong and what to do.
 */
export function verifyServer(socket: TLSSocket, options: VerifyServerOptions): void {
  const leaf = socket.getPeerX509Certificate();
  if (!leaf) throw failed(options, 'it presented no certificate');
  verifyServerChain([leaf, ...intermediates(leaf)], options);
}

/** The check itself, on the presented chain, leaf first. */
export function verifyServerChain(chain: readonly X509Certificate[], options: VerifyServerOptions): void {
  const leaf = chain[0]!;
  const roots = parseCertificates(options);
  const now = options.now ?? new Date();
  checkValidity(leaf, now, options);
  const usages = leaf.keyUsage as readonly string[] | undefined;
  if (usages && !usages.includes(SERVER_AUTH) && !usages.includes(ANY_USAGE)) {
    throw failed(options, `its certificate (${subject(leaf)}) is not meant for servers`);
  }
  const anchor = findAnchor(chain, roots);
  if (!anchor) {
    throw failed(
      options,
      `its certificate (issued by ${issuer(leaf)}) is not signed by the stored CA (${subject(roots[0]!)}); if the cloud was installed anew, remove the stored CA file and join again`,
    );
  }
  checkValidity(anchor, now, options);
  const { host } = options;
  if (options.checkName === false) return;
  const named = isIP(host) ? leaf.checkIP(host) : leaf.checkHost(host, { subject: 'never' });
  if (named === undefined) {
    throw failed(
      options,
      `its certificate is for [${leaf.subjectAltName ?? 'no name'}], not for the configured host "${host}"; use one of those names or add this one to the cloud's advertiseAddress`,
    );
  }
}

function findAnchor(
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): X509Certificate | undefined {
  let current = chain[0]!;
  for (let depth = 0; depth < MAX_CHAIN; depth++) {
    const here = current;
    const root = roots.find((ca) => ca.fingerprint256 === here.fingerprint256 || issued(ca, here));
    if (root) return root;
    const next = chain.find((candidate) => candidate !== here && candidate.ca && issued(candidate, here));
    if (!next) return undefined;
    current = next;
  }
  return undefined;
}

function issued(ca: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
}

function intermediates(leaf: X509Certificate): X509Certificate[] {
  const found: X509Certificate[] = [];
  let next = leaf.issuerCertificate;
  while (next && found.length < MAX_CHAIN) {
    found.push(next);
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return found;
}

function parseCertificates(options: VerifyServerOptions): X509Certificate[] {
  const blocks = options.ca.match(PEM_BLOCK) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw failed(options, 'the stored CA file cannot be read; remove it and join again', cause);
  }
  throw failed(options, 'the stored CA file holds no PEM certificate; remove it and join again');
}

function checkValidity(certificate: X509Certificate, now: Date, options: VerifyServerOptions): void {
  if (now < new Date(certificate.validFrom)) {
    throw failed(
      options,
      `the certificate ${subject(certificate)} is valid only from ${certificate.validFrom}, and it is ${now.toISOString()} here: check the clock of this machine`,
    );
  }
  if (now > new Date(certificate.validTo)) {
    throw failed(
      options,
      `the certificate ${subject(certificate)} expired ${certificate.validTo}, and it is ${now.toISOString()} here: check the clock of this machine, else renew the cloud's certificate`,
    );
  }
}

function subject(certificate: X509Certificate): string {
  return certificate.subject?.replaceAll('\n', ', ') || '(no subject)';
}

function issuer(certificate: X509Certificate): string {
  return certificate.issuer?.replaceAll('\n', ', ') || '(no issuer)';
}

function failed({ host, port }: VerifyServerOptions, reason: string, cause?: unknown): DialError {
  return new DialError(
    'tls',
    `${host}:${port} is not trusted: ${reason}`,
    undefined,
    cause === undefined ? {} : { cause },
  );
}
