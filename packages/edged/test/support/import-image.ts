import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PrivateDocker } from '@edgecore/testing';

/** Gives an engine the image `<name>:1`, with one file nothing can compress. */
export async function importImage(
  engine: PrivateDocker,
  directory: string,
  name: string,
  mebibytes: number,
): Promise<void> {
  const content = join(directory, name);
  await mkdir(content);
  await writeFile(join(content, 'file'), randomBytes(mebibytes * 2 ** 20));
  await promisify(execFile)('tar', ['-C', content, '-cf', `${content}.tar`, 'file']);
  await engine.docker('import', `${content}.tar`, `${name}:1`);
}

/** Names of an engine's images, sorted. */
export async function imageNames(engine: PrivateDocker): Promise<string[]> {
  return (await engine.docker('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n').sort();
}
