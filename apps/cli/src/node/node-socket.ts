import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { embeddedPaths } from '../embedded/paths.js';

/** Which node is meant: options that `status` and `device` share. */
export interface NodeOptions {
  readonly config?: string;
  readonly dataDir?: string;
}

/** For `command.option(...)`. */
export const CONFIG_OPTION = ['--config <file>', 'the node started with this file'] as const;
export const DATA_DIR_OPTION = [
  '--data-dir <dir>',
  'the embedded node with this data directory (default: ~/.edgecore)',
] as const;

/** Where a node with upstream's default database has its socket. */
const USUAL_SOCKET = '/var/lib/kubeedge/edgecore.sock';

/** The socket of the node that is meant; without options the embedded one, or the one in the usual place. */
export async function findNodeSocket(
  options: NodeOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (options.config !== undefined) {
    const { loadConfig, socketPath } = await import('@edgecore/edgecore');
    return socketPath((await loadConfig(options.config, { env })).config);
  }
  const embedded = join(embeddedPaths(options.dataDir).node, 'edgecore.sock');
  if (options.dataDir !== undefined) return embedded;
  return (await exists(USUAL_SOCKET)) && !(await exists(embedded)) ? USUAL_SOCKET : embedded;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
