import type { FileHandle } from 'node:fs/promises';
import type { LogOptions, LogRecord } from '../runtime.js';
import type { LogPump } from './log-pump.js';
import { parseRecord } from './log-record.js';

/**
 * The records of a container's log, rotated files included. With `tailLines`
 * at most that many are held in memory; with `follow` it goes on until the
 * container has ended or the signal aborts.
 */
export async function* readLog(pump: LogPump, options: LogOptions = {}): AsyncGenerator<LogRecord> {
  const { follow = false, tailLines, sinceMs, signal } = options;
  const position = { generation: 0, offset: 0 };
  const wanted = (record: LogRecord) => sinceMs === undefined || Date.parse(record.time) >= sinceMs;
  await pump.drain();
  if (tailLines === undefined) {
    for await (const record of available(pump, position, signal)) if (wanted(record)) yield record;
  } else {
    const ring: LogRecord[] = [];
    for await (const record of available(pump, position, signal)) {
      if (!wanted(record)) continue;
      ring.push(record);
      // Trimmed now and then: one shift for each record would be quadratic.
      if (ring.length >= 2 * tailLines + 64) ring.splice(0, ring.length - tailLines);
    }
    yield* tailLines > 0 ? ring.slice(-tailLines) : [];
  }
  while (follow && !signal?.aborted) {
    const ended = pump.ended;
    const changed = pump.changed(signal);
    let any = false;
    for await (const record of available(pump, position, signal)) {
      any = true;
      if (wanted(record)) yield record;
    }
    if (ended) return;
    if (!any) await changed;
  }
}

/** Everything after the position that is there now; moves the position along. */
async function* available(
  pump: LogPump,
  position: { generation: number; offset: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<LogRecord> {
  for (;;) {
    const { file, generation, end, last } = await pump.openLog(position.generation);
    if (generation !== position.generation) Object.assign(position, { generation, offset: 0 });
    try {
      if (file) {
        for await (const line of linesFrom(file, position.offset, end)) {
          if (signal?.aborted) return;
          position.offset += line.length;
          const record = parseRecord(line);
          if (record) yield record;
        }
      }
    } finally {
      await file?.close();
    }
    if (last) return;
    Object.assign(position, { generation: generation + 1, offset: 0 });
  }
}

async function* linesFrom(
  file: FileHandle,
  offset: number,
  end = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for (let at = offset; at < end; ) {
    const size = Math.min(64 * 1024, end - at);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(size), 0, size, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    let start = 0;
    for (let newline = bytes.indexOf(10); newline >= 0; newline = bytes.indexOf(10, start)) {
      yield bytes.subarray(start, newline + 1);
      start = newline + 1;
    }
    rest = bytes.subarray(start);
  }
}
