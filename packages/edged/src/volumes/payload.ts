import { VolumeError } from '../errors.js';
import type { ConfigMap, KeyToPath, Secret } from '../kube-types.js';
import type { Payload, PayloadFile } from './atomic-writer.js';

export const DEFAULT_FILE_MODE = 0o644;

/** Everything in a configMap: text and binary keys. */
export function configMapData({ data = {}, binaryData = {} }: ConfigMap): Map<string, Buffer> {
  return new Map([
    ...Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'utf8')] as const),
    ...Object.entries(binaryData).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const),
  ]);
}

export function secretData({ data = {} }: Secret): Map<string, Buffer> {
  return new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64')]));
}

export interface PayloadRules {
  readonly kind: 'configmap' | 'secret';
  readonly items?: readonly KeyToPath[] | undefined;
  readonly defaultMode?: number | undefined;
  readonly optional?: boolean | undefined;
}

/**
 * Files of an object: all its keys, or the given items (edged.md §7.2).
 *
 * @throws {VolumeError} for a missing key that is not optional, or a path that leaves the volume.
 */
export function payloadOf(data: ReadonlyMap<string, Uint8Array>, rules: PayloadRules): Payload {
  const { items, defaultMode = DEFAULT_FILE_MODE, optional, kind } = rules;
  const payload = new Map<string, PayloadFile>();
  const entries = items?.length ? items : [...data.keys()].map((key): KeyToPath => ({ key, path: key }));
  for (const { key, path, mode } of entries) {
    const content = data.get(key);
    if (content === undefined) {
      if (optional) continue;
      throw new VolumeError(`references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${key}`);
    }
    payload.set(relativePath(path), { data: content, mode: mode ?? defaultMode });
  }
  return payload;
}

/** A path inside a volume. @throws {VolumeError} when it is absolute, empty or has `..`. */
export function relativePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || parts.length === 0 || parts.includes('..') || parts[0]!.startsWith('..')) {
    throw new VolumeError(
      `invalid path "${path}": it must be relative, must not contain ".." nor start with ".."`,
    );
  }
  return parts.join('/');
}
