import type { FileHandle } from 'node:fs/promises';
import type { LogOptions, LogRecord } from '../runtime.js';
import type { LogPump } from './log-pump.js';
import { parseRecord } from './log-record.js';
import { tailPlace } from './log-tail.js';

/** A place in a log that stays the same when files are rotated. */
export interface LogPlace {
  generation: number;
  offset: number;
}

/** Where the next record will be. */
export async function endOfLog(pump: LogPump): Promise<LogPlace> {
  await pump.drain();
  const { file, generation, end } = await pump.openLog(Number.MAX_SAFE_INTEGER);
  await file?.close();
  return { generation, offset: end ?? 0 };
}

/**
 * The records of a container's log, rotated files included. With `tailLines`
 * only the end of it is read; with `follow` it goes on until the container has
 * ended or the signal aborts.
 */
export async function* readLog(pump: LogPump, options: LogOptions = {}): AsyncGenerator<LogRecord> {
  const { follow = false, tailLines, sinceMs, signal } = options;
  const wanted = (record: LogRecord) => sinceMs === undefined || Date.parse(record.time) >= sinceMs;
  await pump.drain();
  const place = tailLines === undefined ? { generation: 0, offset: 0 } : await tailPlace(pump, tailLines);
  for await (const record of available(pump, place, signal)) if (wanted(record)) yield record;
  if (!follow) return;
  for await (const record of followLog(pump, place, signal)) if (wanted(record)) yield record;
}

/** Every record from the place on, until the container has ended or the signal aborts. */
export async function* followLog(
  pump: LogPump,
  place: LogPlace,
  signal: AbortSignal | undefined,
): AsyncGenerator<LogRecord> {
  while (!signal?.aborted) {
    const ended = pump.ended;
    const changed = pump.changed(signal);
    let any = false;
    for await (const record of available(pump, place, signal)) {
      any = true;
      yield record;
    }
    if (ended) return;
    if (!any) await changed;
  }
}

/** Everything after the place that is there now; moves the place along. */
async function* available(
  pump: LogPump,
  place: LogPlace,
  signal: AbortSignal | undefined,
): AsyncGenerator<LogRecord> {
  for (;;) {
    const { file, generation, end, last } = await pump.openLog(place.generation);
    if (generation !== place.generation) Object.assign(place, { generation, offset: 0 });
    try {
      if (file) {
        for await (const line of linesFrom(file, place.offset, end)) {
          if (signal?.aborted) return;
          place.offset += line.length;
          const record = parseRecord(line);
          if (record) yield record;
        }
      }
    } finally {
      await file?.close();
    }
    if (last) return;
    Object.assign(place, { generation: generation + 1, offset: 0 });
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
