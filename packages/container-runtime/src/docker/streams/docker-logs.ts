import { EdgeCoreError } from '@edgecore/api';
import type { LogOptions, LogRecord } from '../../runtime.js';
import type { EngineClient } from '../client/engine-client.js';
import { inspectContainer, orNotFound } from '../inspect.js';
import { logTime } from '../timestamps.js';
import { demultiplex } from './demultiplex.js';

const NEWLINE = 0x0a;
const BLANK = 0x20;
/** The engine splits longer lines into records of this size. */
const MAX_RECORD_BYTES = 16 * 1024;

/** A container's log through the engine, which knows about rotated files. Ends quietly on abort. */
export async function* dockerLogs(
  client: EngineClient,
  id: string,
  options: LogOptions,
): AsyncGenerator<LogRecord> {
  const { follow = false, tailLines, sinceMs, signal } = options;
  if (signal?.aborted) return;
  const { Id, Config } = await inspectContainer(client, id);
  const query = {
    stdout: true,
    stderr: true,
    timestamps: true,
    follow,
    tail: tailLines ?? 'all',
    ...(sinceMs === undefined ? {} : { since: (sinceMs / 1000).toFixed(3) }),
  };
  const request = { path: `/containers/${Id}/logs`, query, ...(signal ? { signal } : {}) };
  try {
    const body = await orNotFound(client.stream(request), 'container', id);
    yield* Config.Tty ? terminalRecords(body) : framedRecords(body);
  } catch (error) {
    if (signal?.aborted) return;
    throw error instanceof EdgeCoreError ? error : client.broken(error);
  }
}

async function* framedRecords(body: AsyncIterable<Buffer>): AsyncGenerator<LogRecord> {
  for await (const { stream, data } of demultiplex(body)) {
    const blank = data.indexOf(BLANK);
    if (blank > 0)
      yield { stream, time: logTime(data.toString('latin1', 0, blank)), data: data.subarray(blank + 1) };
  }
}

/** A terminal's log has no frames: records are told apart by newlines and the engine's record size. */
export async function* terminalRecords(body: AsyncIterable<Buffer>): AsyncGenerator<LogRecord> {
  let buffered: Buffer = Buffer.alloc(0);
  for await (const chunk of body) {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    for (let size = recordSize(buffered); size > 0; size = recordSize(buffered)) {
      yield terminalRecord(buffered.subarray(0, size));
      buffered = buffered.subarray(size);
    }
  }
  if (buffered.includes(BLANK)) yield terminalRecord(buffered);
}

function terminalRecord(bytes: Buffer): LogRecord {
  const blank = bytes.indexOf(BLANK);
  const time = logTime(bytes.toString('latin1', 0, blank));
  return { stream: 'stdout', time, data: bytes.subarray(blank + 1) };
}

/** Bytes of the first record, 0 when it is not complete yet. */
function recordSize(bytes: Buffer): number {
  const start = bytes.indexOf(BLANK) + 1;
  if (start === 0) return 0;
  const newline = bytes.indexOf(NEWLINE, start);
  const end = start + MAX_RECORD_BYTES;
  if (newline >= 0 && newline <= end) return newline + 1;
  return bytes.length > end ? end : 0;
}
