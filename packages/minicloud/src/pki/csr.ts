import type { JsonGeneralNames } from '@peculiar/x509';
import { useNodeCrypto } from './crypto.js';

/** A certificate request whose signature has been checked. */
export interface SigningRequest {
  /** `''` when the subject has none. */
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Alternative names asked for. */
  readonly names: JsonGeneralNames;
}

/**
 * Reads a PKCS#10 request (DER) and verifies that it was signed with the key it holds.
 *
 * @throws {Error} saying what is wrong with it.
 */
export async function parseSigningRequest(der: Uint8Array): Promise<SigningRequest> {
  const x509 = useNodeCrypto();
  if (der.length === 0) throw new Error('asn1: syntax error: sequence truncated');
  const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(der));
  const signed = await request.verify().catch((cause: unknown) => {
    throw new Error('the signature of the request cannot be checked', { cause });
  });
  if (!signed) throw new Error('the signature of the request does not match its key');
  const names = request.extensions.find(
    (extension) => extension instanceof x509.SubjectAlternativeNameExtension,
  );
  return {
    commonName: request.subjectName.getField('CN')[0] ?? '',
    organizations: request.subjectName.getField('O'),
    publicKey: new Uint8Array(request.publicKey.rawData),
    names: names ? (names.names.toJSON() as JsonGeneralNames) : [],
  };
}
