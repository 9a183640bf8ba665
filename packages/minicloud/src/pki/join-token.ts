import { createHash } from 'node:crypto';
import { signHs256 } from './jwt.js';

export interface JoinTokenOptions {
  /** CA certificate, DER: an edge recognises its cloud by the hash. */
  readonly caDer: Uint8Array;
  /** CA private key, DER: keys the HMAC. */
  readonly keyDer: Uint8Array;
  /** End of validity, milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** `<sha256 of the CA, hex>.<JWT>`: what an edge node joins with (edgehub.md §3.1). */
export function createJoinToken({ caDer, keyDer, expiresAtMs }: JoinTokenOptions): string {
  const hash = createHash('sha256').update(caDer).digest('hex');
  return `${hash}.${signHs256({ exp: Math.floor(expiresAtMs / 1000) }, keyDer)}`;
}
