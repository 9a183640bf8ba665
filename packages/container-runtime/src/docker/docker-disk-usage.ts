import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ContainerDiskUsage } from '../runtime.js';
import type { EngineClient } from './client/engine-client.js';
import type { EngineContainer } from './client/engine-types.js';
import { orNotFound } from './inspect.js';

/** Writable layer and log files of a container, running or not. @throws {RuntimeNotFoundError} */
export async function dockerDiskUsage(client: EngineClient, id: string): Promise<ContainerDiskUsage> {
  const path = `/containers/${encodeURIComponent(id)}/json`;
  const { SizeRw, LogPath } = await orNotFound(
    client.json<EngineContainer>({ path, query: { size: true } }),
    'container',
    id,
  );
  return { writableBytes: SizeRw ?? 0, logBytes: LogPath ? await logBytes(LogPath) : 0 };
}

/** The log and its rotated predecessors: `x-json.log`, `x-json.log.1`. An engine elsewhere keeps them out of sight. */
async function logBytes(logPath: string): Promise<number> {
  const directory = dirname(logPath);
  const names = (await readdir(directory).catch(() => [])).filter((name) =>
    name.startsWith(basename(logPath)),
  );
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(directory, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
