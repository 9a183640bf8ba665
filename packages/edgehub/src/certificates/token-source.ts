import { readFile } from 'node:fs/promises';
import { hasCode } from '@edgecore/api';
import { TokenError } from '../errors.js';

/** A token, or a function that finds one when it is needed; `undefined` and `''` mean there is none. */
export type TokenSource = string | (() => string | undefined | Promise<string | undefined>);

/** @throws {TokenError} when the function fails. */
export async function currentToken(source: TokenSource | undefined): Promise<string | undefined> {
  if (typeof source !== 'function') return source?.trim() || undefined;
  try {
    return (await source())?.trim() || undefined;
  } catch (cause) {
    throw new TokenError('the join token cannot be read', { cause });
  }
}

/**
 * A token source that prefers the bootstrap file of `keadm join` over the
 * configured token (edgehub.md §2 step 0). The file is read each time a token
 * is needed; an absent or empty one falls back.
 */
export function bootstrapFileToken(file: string, configured?: string): TokenSource {
  return async () => {
    try {
      const text = (await readFile(file, 'utf8')).trim();
      return text === '' ? configured : text;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return configured;
      throw error;
    }
  };
}
