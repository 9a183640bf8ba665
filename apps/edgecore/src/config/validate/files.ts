import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EdgeCoreConfig, TlsFiles } from '../model.js';
import type { Problem } from '../problems.js';

type TlsKeys = Readonly<Record<keyof TlsFiles, string>>;

const HUB_KEYS: TlsKeys = {
  caFile: 'modules.edgeHub.tlsCaFile',
  certFile: 'modules.edgeHub.tlsCertFile',
  keyFile: 'modules.edgeHub.tlsPrivateKeyFile',
};
const BROKER_KEYS: TlsKeys = {
  caFile: 'modules.eventBus.eventBusTLS.tlsMqttCAFile',
  certFile: 'modules.eventBus.eventBusTLS.tlsMqttCertFile',
  keyFile: 'modules.eventBus.eventBusTLS.tlsMqttPrivateKeyFile',
};

/**
 * What the files a configuration names are good for (config.md §4, L7).
 * Certificates of the hub may be missing (they are fetched with the token),
 * but what is there must be readable. Nothing is created.
 */
export async function fileProblems(config: EdgeCoreConfig): Promise<Problem[]> {
  const found = await Promise.all([
    databaseDirectory(config.database.path),
    ...(config.edgeHub.enabled ? readableIfThere(HUB_KEYS, config.edgeHub.tls) : []),
    ...(config.eventBus.enabled && config.eventBus.tls ? readable(BROKER_KEYS, config.eventBus.tls) : []),
  ]);
  return found.filter((problem) => problem !== undefined);
}

async function databaseDirectory(path: string): Promise<Problem | undefined> {
  const directory = dirname(path);
  const existing = await nearestExisting(directory);
  const denied = await access(existing, constants.W_OK | constants.X_OK).then(
    () => false,
    () => true,
  );
  if (!denied) return undefined;
  const why = existing === directory ? 'is not writable' : `cannot be made: ${existing} is not writable`;
  return error(
    'database.dataSource',
    `DataSource: Invalid value: "${path}": create DataSoure dir ${directory} error: it ${why}; choose another directory, or check its owner, its mode and that the file system is not read-only`,
  );
}

async function nearestExisting(directory: string): Promise<string> {
  let at = directory;
  for (;;) {
    const there = await access(at).then(
      () => true,
      () => false,
    );
    const parent = dirname(at);
    if (there || parent === at) return at;
    at = parent;
  }
}

function readableIfThere(keys: TlsKeys, files: TlsFiles) {
  return check(keys, files, (code) => code !== 'ENOENT');
}

function readable(keys: TlsKeys, files: TlsFiles) {
  return check(keys, files, () => true);
}

function check(
  keys: TlsKeys,
  files: TlsFiles,
  matters: (code: string | undefined) => boolean,
): Promise<Problem | undefined>[] {
  return (['caFile', 'certFile', 'keyFile'] as const).map((which) =>
    access(files[which], constants.R_OK).then(
      () => undefined,
      ({ code }: NodeJS.ErrnoException) =>
        matters(code) ? error(keys[which], `${files[which]} cannot be read (${code})`) : undefined,
    ),
  );
}

function error(path: string, message: string): Problem {
  return { severity: 'error', kind: 'value', path, message };
}
