import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { LogRecord } from '@edgecore/container-runtime';
import type { LogQuery } from './log-query.js';

const BLANK = Buffer.from(' ');
/** Records written as one piece while more are at hand. */
const PIECE_BYTES = 32 * 1024;

/**
 * Writes a log as a kubelet does: both streams in order of time, cut in the
 * middle of a line by `limitBytes`. A reader that is slow slows the log down;
 * one that is gone ends it.
 */
export async function sendLogs(
  records: AsyncIterable<LogRecord>,
  { timestamps, limitBytes = Number.POSITIVE_INFINITY }: Pick<LogQuery, 'timestamps' | 'limitBytes'>,
  response: ServerResponse,
): Promise<void> {
  const sender = new Sender(response, limitBytes);
  let wholeLine = true;
  for await (const { time, data } of records) {
    // Parts of one long line share its time.
    const parts = timestamps && wholeLine ? [Buffer.from(time), BLANK, data] : [data];
    wholeLine = data.at(-1) === 0x0a;
    if (!(await sender.add(parts))) return;
  }
  await sender.flush();
}

class Sender {
  #parts: Buffer[] = [];
  #bytes = 0;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(
    private readonly response: ServerResponse,
    private left: number,
  ) {}

  /** False when nothing more can be sent. */
  async add(parts: readonly Buffer[]): Promise<boolean> {
    if (this.response.destroyed) return false;
    for (const part of parts) {
      const kept = part.length > this.left ? part.subarray(0, this.left) : part;
      this.left -= kept.length;
      this.#bytes += kept.length;
      this.#parts.push(kept);
    }
    if (this.left === 0) {
      await this.flush();
      return false;
    }
    if (this.#bytes >= PIECE_BYTES) await this.flush();
    // What comes in one go leaves in one piece; a single line leaves at once.
    else this.#scheduled ??= setImmediate(() => void this.flush());
    return !this.response.destroyed;
  }

  async flush(): Promise<void> {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const { response } = this;
    if (this.#bytes === 0 || response.destroyed) return;
    const piece = Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    if (response.write(piece)) return;
    // Nobody may ever read: then the connection closes one day.
    await Promise.race([once(response, 'drain'), once(response, 'close')]).catch(() => undefined);
  }
}
