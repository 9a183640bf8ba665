import { readFile } from 'node:fs/promises';
import { CliError } from '../errors.js';
import { type CliIo, readAll } from '../io.js';
import type { JoinOptions } from './options.js';

/** A bootstrap token: who the cloud is, and the right to a certificate (edgehub.md §3.1). */
export interface Token {
  /** The whole text. A secret. */
  readonly text: string;
  /** Lower-case hex SHA-256 of the cloud's CA certificate. */
  readonly caHash: string;
}

/** The token from `--token`, `--token-file` or standard input (`-`); `undefined` when none was given. */
export async function readToken(options: JoinOptions, io: CliIo): Promise<Token | undefined> {
  const { token, tokenFile } = options;
  if (token !== undefined && tokenFile !== undefined) {
    throw new CliError('give the token once: --token or --token-file, not both');
  }
  if (token === undefined && tokenFile === undefined) return undefined;
  if (token === '-' || tokenFile === '-') return parseToken(await readAll(io.stdin));
  if (tokenFile === undefined) return parseToken(token!);
  const text = await readFile(tokenFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`the token file ${tokenFile} cannot be read (${error.code})`);
  });
  return parseToken(text);
}

/** The token is never part of an error's text. */
function parseToken(raw: string): Token {
  const text = raw.trim();
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => part === '')) {
    throw new CliError(
      `the token has ${parts.length} parts instead of 4 (<caHash>.<header>.<payload>.<signature>); get it with "keadm gettoken" on the cloud`,
    );
  }
  const caHash = parts[0]!.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(caHash)) {
    throw new CliError('the first part of the token is not the SHA-256 of a certificate (64 hex digits)');
  }
  return { text, caHash };
}
