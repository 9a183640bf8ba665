import { readFileSync } from 'node:fs';

/** Version of this program, from its package file (one level above `src` and `dist` alike). */
export function programVersion(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
