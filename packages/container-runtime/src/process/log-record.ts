import type { LogRecord } from '../runtime.js';

/** Longer lines are split, as container engines do. */
export const MAX_LINE_BYTES = 16 * 1024;

const NEWLINE = 0x0a;

/**
 * One record in the CRI log format: `<time> <stdout|stderr> <F|P> <bytes>\n`;
 * `P` marks a part of a line that goes on in the next record.
 */
export function formatRecord(time: string, stream: 'stdout' | 'stderr', data: Buffer): Buffer {
  const complete = data.at(-1) === NEWLINE;
  const head = Buffer.from(`${time} ${stream} ${complete ? 'F' : 'P'} `);
  return Buffer.concat(complete ? [head, data] : [head, data, Buffer.from('\n')]);
}

/** Undefined for a line that is not a record. */
export function parseRecord(line: Buffer): LogRecord | undefined {
  const head = /^(\S+) (stdout|stderr) ([FP]) /.exec(line.toString('latin1', 0, 80));
  if (!head) return undefined;
  const end = head[3] === 'F' ? line.length : line.length - 1;
  return { time: head[1]!, stream: head[2] as 'stdout' | 'stderr', data: line.subarray(head[0].length, end) };
}

/**
 * Cuts raw output into lines of at most {@link MAX_LINE_BYTES}; what is left
 * without a newline is a piece of its own only when `final`.
 */
export function cutLines(bytes: Buffer, final: boolean): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, start);
    const length = newline < 0 ? bytes.length - start : newline + 1 - start;
    if (length > MAX_LINE_BYTES) lines.push(bytes.subarray(start, start + MAX_LINE_BYTES));
    else if (newline >= 0 || final) lines.push(bytes.subarray(start, start + length));
    else break;
    start += lines.at(-1)!.length;
  }
  return lines;
}

/** RFC 3339 with nine digits, never running backwards; records of one millisecond are told apart by the last six. */
export class RecordClock {
  #lastMs = 0;
  #count = 0;

  stamp(ms: number): string {
    const now = Math.max(Math.floor(ms), this.#lastMs);
    this.#count = now === this.#lastMs ? Math.min(this.#count + 1, 999_999) : 0;
    this.#lastMs = now;
    return `${new Date(now).toISOString().slice(0, -1)}${String(this.#count).padStart(6, '0')}Z`;
  }
}
