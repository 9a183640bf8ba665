import { createHash } from 'node:crypto';
import { TokenError } from '../errors.js';

/** A join token taken apart (edgehub.md §3.1). */
export interface Token {
  /** SHA-256 of the CA certificate (DER), 64 lower-case hex digits. */
  readonly caHash: string;
  /** The JWT `CloudCore` signed: three dot-separated parts. */
  readonly bearer: string;
}

const HASH = /^[0-9a-f]{64}$/;

/**
 * Takes a token apart.
 * @throws {TokenError} when it has not four parts or does not begin with a hash; never quotes the token.
 */
export function parseToken(text: string): Token {
  const parts = text.trim().split('.');
  if (parts.length !== 4 || parts.some((part) => part === '')) {
    throw new TokenError(
      `the token has ${parts.length} dot-separated parts, 4 are needed (<CA hash>.<JWT>); get it with "keadm gettoken" and copy it whole`,
    );
  }
  const [caHash, ...jwt] = parts;
  if (!HASH.test(caHash!.toLowerCase())) {
    throw new TokenError(
      'the first part of the token is not a SHA-256 in hex (64 digits); get it with "keadm gettoken" and copy it whole',
    );
  }
  return { caHash: caHash!.toLowerCase(), bearer: jwt.join('.') };
}

/** SHA-256 of a certificate's DER bytes as tokens carry it. */
export function caHashOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}
