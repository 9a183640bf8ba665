/** One entry of an archive. */
export type TarEntry =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly data: Buffer }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number };

const BLOCK = 512;
const TYPE = { file: '0', link: '2', directory: '5' } as const;

/**
 * A tar archive (ustar) owned by root, without times: the same entries give
 * the same bytes.
 * @throws {RangeError} for paths over 100 bytes.
 */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    parts.push(header(entry));
    if (entry.kind !== 'file') continue;
    parts.push(entry.data, Buffer.alloc((BLOCK - (entry.data.length % BLOCK)) % BLOCK));
  }
  // Two empty blocks end an archive.
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(entry: TarEntry): Buffer {
  const block = Buffer.alloc(BLOCK);
  const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  const target = entry.kind === 'link' ? entry.target : '';
  if (Buffer.byteLength(path) > 100 || Buffer.byteLength(target) > 100) {
    throw new RangeError(`the path ${path} is too long for an archive`);
  }
  const octal = (value: number, at: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'ascii');
  block.write(path, 0);
  octal(entry.kind === 'link' ? 0o777 : entry.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(entry.kind === 'file' ? entry.data.length : 0, 124, 12);
  octal(0, 136, 12);
  block.write(TYPE[entry.kind], 156, 'ascii');
  block.write(target, 157);
  block.write('ustar\0', 257, 'ascii');
  block.write('00', 263, 'ascii');
  // The sum counts its own field as blanks.
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return block;
}
