// publint and are-the-types-wrong on every published package, as it would be packed.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pnpmCommand, root } from './lib.mjs';

const run = promisify(execFile);
const bin = (name) => join(root, 'node_modules/.bin', name);
const [pnpm, ...pnpmArgs] = pnpmCommand();
let failed = false;

for (const group of ['packages', 'apps']) {
  for (const name of readdirSync(join(root, group))) {
    const dir = join(root, group, name);
    const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    if (manifest.private) continue;
    try {
      await run(bin('publint'), ['--strict', '--pack', 'npm', dir]);
      const { stdout } = await run(
        pnpm,
        [...pnpmArgs, 'pack', '--json', '--pack-destination', join(root, 'node_modules/.cache/packed')],
        { cwd: dir },
      );
      const packed = JSON.parse(stdout.slice(stdout.indexOf('{')));
      await run(bin('attw'), [packed.filename, ...(manifest.bin ? ['--profile', 'esm-only'] : [])]);
      console.log(`ok ${manifest.name}`);
    } catch (error) {
      failed = true;
      console.error(`✗ ${manifest.name}\n${error.stdout ?? ''}${error.stderr ?? error.message}`);
    }
  }
}
process.exit(failed ? 1 : 0);
