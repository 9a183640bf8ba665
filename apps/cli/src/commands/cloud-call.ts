import { adminRequest } from '../embedded/admin-client.js';
import { embeddedPaths } from '../embedded/paths.js';

/** What every `cloud` command takes. */
export interface CloudOptions {
  readonly dataDir?: string;
}

/** For `command.option(...)`. */
export const DATA_DIR = [
  '--data-dir <dir>',
  'data directory of the embedded set-up (default: ~/.edgecore)',
] as const;

/** Asks the embedded cloud of these options. @throws {CliError} as {@link adminRequest}. */
export function call<T>(options: CloudOptions, request: Parameters<typeof adminRequest>[1]): Promise<T> {
  return adminRequest<T>(embeddedPaths(options.dataDir).adminSocket, request);
}
