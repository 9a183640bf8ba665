import { X509Certificate } from 'node:crypto';
import type { CertificatePaths, CertificateTexts } from './certificate-files.js';
import { isPair } from './certificate-files.js';
import { nodeCommonName } from './csr.js';

/** The CN every 2020 edge has (edgehub.md §3.3). */
const LEGACY_COMMON_NAME = 'kubeedge.io';

/** What the certificate files are good for (edgehub.md §2 step 1). */
export type CertificateVerdict =
  | { readonly kind: 'usable'; readonly notBefore: number; readonly notAfter: number }
  /** The clock is before its validity: a new one would be no better. */
  | { readonly kind: 'notYetValid'; readonly reason: string }
  /** A new one is needed. */
  | { readonly kind: 'unusable'; readonly reason: string };

export interface CheckOptions {
  readonly paths: CertificatePaths;
  readonly nodeName: string;
  /** Accept the subject of 2020 edges. */
  readonly acceptLegacyName: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Judges the files without touching anything. Reasons name the file. */
export function checkCertificate(texts: CertificateTexts, options: CheckOptions): CertificateVerdict {
  const { paths } = options;
  const { ca, cert, key } = texts;
  const absent = [
    ca === undefined && paths.ca,
    cert === undefined && paths.cert,
    key === undefined && paths.key,
  ];
  const missing = absent.filter((path) => path !== false);
  if (ca === undefined || cert === undefined || key === undefined) {
    return unusable(`${missing.join(', ')} ${missing.length === 1 ? 'does' : 'do'} not exist`);
  }
  if (!parseCertificate(ca)) return unusable(`${paths.ca} is not a PEM certificate`);
  const certificate = parseCertificate(cert);
  if (!certificate) return unusable(`${paths.cert} is not a PEM certificate`);
  if (!isPair(cert, key)) {
    return unusable(`certificate ${paths.cert} and private key ${paths.key} do not belong together`);
  }
  return checkNameAndTime(certificate, options);
}

function checkNameAndTime(certificate: X509Certificate, options: CheckOptions): CertificateVerdict {
  const { paths, nodeName, acceptLegacyName, now } = options;
  const name = commonName(certificate);
  const expected = nodeCommonName(nodeName);
  if (name !== expected && !(acceptLegacyName && name === LEGACY_COMMON_NAME)) {
    return unusable(`${paths.cert} is for "${name}", this node is "${expected}"`);
  }
  const { notBefore, notAfter } = validity(certificate);
  if (now < notBefore) {
    return {
      kind: 'notYetValid',
      reason: `${paths.cert} is valid only from ${new Date(notBefore).toISOString()}, and it is ${new Date(now).toISOString()} here: check the clock of this machine`,
    };
  }
  if (now >= notAfter) return unusable(`${paths.cert} expired ${new Date(notAfter).toISOString()}`);
  return { kind: 'usable', notBefore, notAfter };
}

/** The first certificate of a PEM text, or `undefined` when there is none. */
export function parseCertificate(pem: string | Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Milliseconds since the epoch. */
export function validity(certificate: X509Certificate): { notBefore: number; notAfter: number } {
  return { notBefore: Date.parse(certificate.validFrom), notAfter: Date.parse(certificate.validTo) };
}

export function commonName(certificate: X509Certificate): string {
  const names = certificate.toLegacyObject().subject.CN as string | string[] | undefined;
  return (Array.isArray(names) ? names[0] : names) ?? '';
}

function unusable(reason: string): CertificateVerdict {
  return { kind: 'unusable', reason };
}
