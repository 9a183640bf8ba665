import 'reflect-metadata';
import { createPrivateKey, type KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export const EC_P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export const KeyPurpose = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** A P-256 pair both as Node's key and as WebCrypto's. */
export interface SigningKey {
  readonly private: KeyObject;
  readonly pair: webcrypto.CryptoKeyPair;
}

export async function generateKey(): Promise<SigningKey> {
  const pair = await webcrypto.subtle.generateKey(EC_P256, true, ['sign', 'verify']);
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey));
  return { pair, private: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }) };
}

/** Reads a PEM key, SEC1 or PKCS#8. @throws when it is no P-256 private key. */
export async function importKey(pem: string): Promise<SigningKey> {
  const key = createPrivateKey(pem);
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
  const { x, y, crv, kty } = key.export({ format: 'jwk' });
  const [privateKey, publicKey] = await Promise.all([
    webcrypto.subtle.importKey('pkcs8', pkcs8, EC_P256, true, ['sign']),
    webcrypto.subtle.importKey('jwk', { kty: kty!, crv: crv!, x: x!, y: y! }, EC_P256, true, ['verify']),
  ]);
  return { private: key, pair: { privateKey, publicKey } };
}

/** PEM as Go writes it: `EC PRIVATE KEY`. */
export function keyPem(key: SigningKey): string {
  return key.private.export({ format: 'pem', type: 'sec1' }) as string;
}

/** SEC1 DER: what the token's HMAC is keyed with (edgehub.md §3.1). */
export function keyDer(key: SigningKey): Buffer {
  return key.private.export({ format: 'der', type: 'sec1' });
}

/** A positive 63-bit serial number, hex, as Go's random ones. */
export function randomSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(8));
  bytes[0] = (bytes[0]! & 0x7f) | 0x01;
  return Buffer.from(bytes).toString('hex');
}

/** X.509 times have no fraction; a certificate must not begin a moment in the future. */
export function wholeSecond(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}

/** The library keeps one provider per process; setting it again is harmless. */
export function useNodeCrypto(): typeof x509 {
  x509.cryptoProvider.set(webcrypto);
  return x509;
}
