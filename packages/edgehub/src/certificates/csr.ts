import { createPublicKey, type KeyObject, sign } from 'node:crypto';

/** Object identifiers, DER content bytes. */
const OID = {
  country: '550406',
  state: '550408',
  locality: '550407',
  organization: '55040a',
  commonName: '550403',
} as const;

/** `SEQUENCE { OID ecdsa-with-SHA256 }`. */
const ECDSA_WITH_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

const Tag = {
  integer: 0x02,
  bitString: 0x03,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  sequence: 0x30,
  set: 0x31,
  attributes: 0xa0,
} as const;

/** The CN of a node's certificate (edgehub.md §3.3). */
export function nodeCommonName(nodeName: string): string {
  return `system:node:${nodeName}`;
}

/** The subject both clouds accept, DER: C, ST, L, O, CN in the recorded order (edgehub.md §3.3). */
export function nodeSubject(nodeName: string): Buffer {
  return der(
    Tag.sequence,
    attribute(OID.country, 'CN'),
    attribute(OID.state, 'Zhejiang'),
    attribute(OID.locality, 'Hangzhou'),
    attribute(OID.organization, 'system:nodes'),
    attribute(OID.commonName, nodeCommonName(nodeName)),
  );
}

/**
 * A PKCS #10 certification request, DER (edgehub.md §3.3). Node has no API for it.
 * @param subject DER of the Name. @param key an EC P-256 private key.
 */
export function certificateRequest(subject: Uint8Array, key: KeyObject): Buffer {
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const info = der(Tag.sequence, der(Tag.integer, Buffer.of(0)), subject, publicKey, der(Tag.attributes));
  const signature = sign('sha256', info, key);
  return der(Tag.sequence, info, ECDSA_WITH_SHA256, der(Tag.bitString, Buffer.of(0), signature));
}

function attribute(oid: string, text: string): Buffer {
  const tag = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text) ? Tag.printableString : Tag.utf8String;
  const value = der(tag, Buffer.from(text, 'utf8'));
  return der(Tag.set, der(Tag.sequence, der(Tag.oid, Buffer.from(oid, 'hex')), value));
}

/** One DER element: tag, definite length, content. */
function der(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag), derLength(body.length), body]);
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.of(0x80 | bytes.length), bytes]);
}
