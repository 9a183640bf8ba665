import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { embeddedPaths } from '../embedded/paths.js';
import { CliError } from '../errors.js';

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

/**
 * The socket of the node's pod interface, beside its own.
 * @throws {CliError} when a node is there and runs no pods.
 */
export async function findPodSocket(
  options: NodeOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const socket = await findNodeSocket(options, env);
  const pods = join(dirname(socket), 'edged.sock');
  if ((await exists(socket)) && !(await exists(pods))) {
    throw new CliError(`the node does not serve its pods (there is no ${pods}): is modules.edged.enable on?`);
  }
  return pods;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
