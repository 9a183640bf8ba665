import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';

const MARK = '# put in by EdgeMesh, goes when it ends';

/** The text with our server first; unchanged when it is there. Names are compared whole. */
export function withNameserver(text: string, address: string): string {
  const lines = withoutMark(text).split('\n');
  const at = lines.findIndex((line) => /^\s*nameserver\s/.test(line));
  if (at >= 0 && lines[at]!.trim().split(/\s+/)[1] === address) return text;
  lines.splice(Math.max(at, 0), 0, MARK, `nameserver ${address}`);
  return lines.join('\n');
}

/** The text without what {@link withNameserver} put in. */
export function withoutMark(text: string): string {
  const lines = text.split('\n');
  return lines.filter((_, index) => lines[index] !== MARK && lines[index - 1] !== MARK).join('\n');
}

/** Changes a file in one step: readers see the old or the new text. False when nothing had to change. */
export async function rewrite(file: string, change: (text: string) => string): Promise<boolean> {
  const before = await readFile(file, 'utf8');
  const after = change(before);
  if (after === before) return false;
  const { mode } = await stat(file);
  const temporary = `${file}.edgemesh-${process.pid}`;
  try {
    await writeFile(temporary, after, { mode });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return true;
}
