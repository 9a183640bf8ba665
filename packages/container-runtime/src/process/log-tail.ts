import type { FileHandle } from 'node:fs/promises';
import type { LogPump } from './log-pump.js';
import type { LogPlace } from './log-reader.js';

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Where the last so many records begin. Read backwards from the end, block by
 * block, through rotated files where needed: what lies before is never read.
 */
export async function tailPlace(pump: LogPump, records: number): Promise<LogPlace> {
  let wanted = Number.MAX_SAFE_INTEGER;
  let place: LogPlace | undefined;
  let left = records;
  for (;;) {
    const { file, generation, end } = await pump.openLog(wanted);
    // Files older than the oldest there is: everything is part of the tail.
    if (generation > wanted && place) return place;
    try {
      const size = file ? (end ?? (await file.stat()).size) : 0;
      const found = file ? await startOfTail(file, size, left) : { offset: 0, records: 0 };
      place = { generation, offset: found.offset };
      left -= found.records;
      if (left <= 0 || generation === 0) return place;
      wanted = generation - 1;
    } finally {
      await file?.close();
    }
  }
}

/** How many of the wanted records a file has at its end, and where they begin in it. */
async function startOfTail(
  file: FileHandle,
  size: number,
  wanted: number,
): Promise<{ offset: number; records: number }> {
  if (wanted <= 0) return { offset: size, records: 0 };
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let records = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at--) {
      // The newline at the very end closes the last record; each other one ends where a counted record begins.
      if (block[at] !== NEWLINE || start + at === size - 1) continue;
      records += 1;
      if (records === wanted) return { offset: start + at + 1, records };
    }
    end = start;
  }
  return { offset: 0, records: size > 0 ? records + 1 : 0 };
}
