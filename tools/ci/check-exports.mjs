// publint and are-the-types-wrong on every published package, as it would be packed.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pnpmCommand, root } from './lib.mjs';

const run = promisify(execFile);
const bin = (name) => join(root, 'node_modules/.bin', name);
const [pnpm, ...pnpmArgs] = pnpmCommand();
const packed = join(root, 'node_modules/.cache/packed');

const names = ['packages', 'apps'].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(root, group, name)),
);
const results = await Promise.all([worker(), worker(), worker()]);
process.exit(results.includes(false) ? 1 : 0);

/** Takes packages until there are none left; false when one of them failed. */
async function worker() {
  let ok = true;
  for (let dir = names.shift(); dir !== undefined; dir = names.shift()) ok = (await check(dir)) && ok;
  return ok;
}

async function check(dir) {
  const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  if (manifest.private) return true;
  try {
    const { stdout } = await run(pnpm, [...pnpmArgs, 'pack', '--json', '--pack-destination', packed], {
      cwd: dir,
    });
    const { filename } = JSON.parse(stdout.slice(stdout.indexOf('{')));
    await run(bin('publint'), ['--strict', filename]);
    await run(bin('attw'), [
      filename,
      ...(manifest.exports?.['.']?.require ? [] : ['--profile', 'esm-only']),
    ]);
    console.log(`ok ${manifest.name}`);
    return true;
  } catch (error) {
    console.error(`✗ ${manifest.name}\n${error.stdout ?? ''}${error.stderr ?? error.message}`);
    return false;
  }
}
