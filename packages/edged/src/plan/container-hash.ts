import type { Container } from '../kube-types.js';

/**
 * Go's hash of a value given as its JSON: FNV-1a over the text
 * `([]uint8)[<bytes in decimal>]`, lower-case hex without leading zeros
 * (edged.md §4.5).
 */
export function goHash(json: string): string {
  const text = `([]uint8)[${[...Buffer.from(json, 'utf8')].join(' ')}]`;
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash.toString(16);
}

/** Our own hash and kubelet's since 1.31: image and name only. */
export function containerHash({ image, name }: Pick<Container, 'image' | 'name'>): string {
  return goHash(`{${image ? `"image":${goString(image)},` : ''}"name":${goString(name)}}`);
}

/** A string as Go's JSON encoder writes it: `<`, `>` and `&` are escaped. */
function goString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
