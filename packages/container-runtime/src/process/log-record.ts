import type { LogRecord } from '../runtime.js';

/** Longer lines are split, as container engines do. */
export const MAX_LINE_BYTES = 16 * 1024;

const NEWLINE = 0x0a;
const END_OF_LINE = Buffer.from('\n');

/**
 * One record, in pieces, in the CRI log format: `<time> <stdout|stderr> <F|P> <bytes>\n`;
 * `P` marks a part of a line that goes on in the next record.
 */
export function formatRecord(time: string, stream: 'stdout' | 'stderr', data: Buffer): Buffer[] {
  if (data.at(-1) === NEWLINE) return [Buffer.from(`${time} ${stream} F `, 'latin1'), data];
  return [Buffer.from(`${time} ${stream} P `, 'latin1'), data, END_OF_LINE];
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
  #lastMs = -1;
  #count = 0;
  #prefix = '';

  stamp(ms: number): string {
    const now = Math.max(Math.floor(ms), this.#lastMs);
    if (now === this.#lastMs) {
      this.#count = Math.min(this.#count + 1, 999_999);
    } else {
      this.#lastMs = now;
      this.#count = 0;
      this.#prefix = new Date(now).toISOString().slice(0, -1);
    }
    return `${this.#prefix}${String(this.#count).padStart(6, '0')}Z`;
  }
}
