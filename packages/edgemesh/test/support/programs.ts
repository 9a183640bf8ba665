import { existsSync } from 'node:fs';
import { test } from '@jest/globals';

/** `test` where a program is installed, a visibly skipped one elsewhere; with `CI=true` nothing may be missing. */
export function testWith(program: string, name: string, body: () => Promise<void>): void {
  const there = ['/usr/bin', '/usr/sbin', '/bin', '/usr/local/bin'].some((dir) =>
    existsSync(`${dir}/${program}`),
  );
  if (!there && process.env['CI'] === 'true') {
    throw new Error(`${program} is missing, and CI=true does not allow skipping`);
  }
  if (there) test(`${program}: ${name}`, body, 60_000);
  else test.skip(`${program}: ${name} (${program} is not installed)`, body);
}
