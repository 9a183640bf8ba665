// `npm start`: installs, builds and runs `edgecore start` from this checkout.
// Arguments after `--` go to `edgecore start`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, installPackages, main, requireNode, root } from './lib.mjs';

await main(async () => {
  requireNode();
  await installPackages();
  await build('@edgecore/cli...');

  const args = process.argv.slice(2);
  const own = args.some((arg) => arg.startsWith('--config') || arg.startsWith('--data-dir'));
  const child = spawn(
    process.execPath,
    [
      join(root, 'apps/cli/dist/main.js'),
      'start',
      ...(own ? [] : ['--data-dir', join(root, '.edgecore')]),
      ...args,
    ],
    { cwd: root, stdio: 'inherit' },
  );
  // Ctrl-C reaches the whole process group: the agent stops by itself, this process waits for it.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0))));
});
