/** A name as its labels. Bytes are characters of the same value, so nothing is lost. */
export type Labels = readonly string[];

const MAX_NAME_BYTES = 255;

export interface NameAt {
  /** In lower case (ASCII), without the root. */
  readonly labels: Labels;
  /** First byte after the name. */
  readonly end: number;
}

/**
 * Reads an uncompressed name; `undefined` for anything else: a question has
 * nothing before it that a pointer could mean.
 */
export function readPlainName(packet: Buffer, start: number): NameAt | undefined {
  const labels: string[] = [];
  let at = start;
  for (;;) {
    const length = packet[at];
    if (length === undefined || length > 63) return undefined;
    at += 1;
    if (length === 0) return { labels, end: at };
    if (at + length > packet.length || at + length - start >= MAX_NAME_BYTES) return undefined;
    labels.push(
      packet.toString('latin1', at, at + length).replace(/[A-Z]+/g, (upper) => upper.toLowerCase()),
    );
    at += length;
  }
}

/** First byte after a name that may be compressed; `undefined` when it runs out of the packet. */
export function skipName(packet: Buffer, start: number): number | undefined {
  let at = start;
  while (at < packet.length) {
    const length = packet[at]!;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2 <= packet.length ? at + 2 : undefined;
    if (length > 63) return undefined;
    at += 1 + length;
  }
  return undefined;
}

/** The name's bytes, root included. @throws {RangeError} for labels and names that are too long. */
export function encodeName(labels: Labels): Buffer {
  const parts = labels.map((label) => {
    if (label.length === 0 || label.length > 63) throw new RangeError(`"${label}" is no label of a name`);
    return Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')]);
  });
  const bytes = Buffer.concat([...parts, Buffer.of(0)]);
  if (bytes.length > MAX_NAME_BYTES) throw new RangeError(`"${labels.join('.')}" is too long for a name`);
  return bytes;
}

export function toLabels(name: string): string[] {
  return name
    .toLowerCase()
    .split('.')
    .filter((label) => label !== '');
}

/** What is before `suffix`, or `undefined` when the name does not end in it. */
export function withoutSuffix(labels: Labels, suffix: Labels): Labels | undefined {
  const split = labels.length - suffix.length;
  if (split < 0 || suffix.some((label, index) => labels[split + index] !== label)) return undefined;
  return labels.slice(0, split);
}
