import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** Something a person has to act on; shown as one line, without a stack. */
class Failure extends Error {}

export function fail(message) {
  throw new Failure(message);
}

/** Runs a program's main function; a failure ends it with one line and exit code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    console.error(`\n✗ ${error instanceof Failure ? error.message : error.stack}`);
    process.exitCode = 1;
  }
}

export function requireNode() {
  const wanted = manifest.engines.node.replace('>=', '').split('.').map(Number);
  const have = process.versions.node.split('.').map(Number);
  for (let i = 0; i < wanted.length; i += 1) {
    if (have[i] > wanted[i]) return;
    if (have[i] < wanted[i]) {
      fail(
        `Node ${process.versions.node} is too old: EdgeCore needs ${manifest.engines.node}. Install it from your distribution or nodejs.org and run this again.`,
      );
    }
  }
}

export function has(command) {
  return spawnSync('sh', ['-c', `command -v "$1"`, 'sh', command], { stdio: 'ignore' }).status === 0;
}

/** The pinned pnpm: as installed when the version is right, else through npm's own runner. */
export function pnpmCommand() {
  const version = manifest.packageManager.split('@')[1];
  const installed = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8' });
  if (installed.status === 0 && installed.stdout.trim() === version) return ['pnpm'];
  return ['npm', 'exec', '--yes', `--package=pnpm@${version}`, '--', 'pnpm'];
}

/** Runs a command with its output shown; resolves with its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.on('error', (error) => {
      console.error(error.message);
      resolve(127);
    });
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 128 : 1)));
  });
}

/** Runs one named step and shows how long it took; its output only when asked for or when it fails. */
export async function step(name, command, args, { quiet = false, env } = {}) {
  const started = Date.now();
  process.stdout.write(`▸ ${name}${quiet ? ' … ' : '\n'}`);
  const options = { env: { ...process.env, ...env } };
  let code;
  let output = '';
  if (quiet) {
    code = await new Promise((resolve) => {
      const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
      child.stdout.on('data', (chunk) => (output += chunk));
      child.stderr.on('data', (chunk) => (output += chunk));
      child.on('error', (error) => {
        output += error.message;
        resolve(127);
      });
      child.on('close', (status) => resolve(status ?? 1));
    });
  } else {
    code = await run(command, args, options);
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (code === 0) {
    process.stdout.write(quiet ? `${seconds} s\n` : `  ${name}: ${seconds} s\n`);
    return;
  }
  if (quiet) process.stdout.write(`\n${output}\n`);
  fail(`${name} failed (exit code ${code}) after ${seconds} s: ${[command, ...args].join(' ')}`);
}

/**
 * Installs the workspace's packages from the lockfile. Without a question: packages installed by another pnpm
 * set-up are replaced.
 */
export async function installPackages() {
  const [command, ...args] = pnpmCommand();
  const install = ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false'];
  await step('packages (the first time compiles SQLite: a minute or two)', command, [...args, ...install], {
    quiet: true,
    env: ownHeaders(),
  });
}

/** Compiles against the headers that came with this Node, where they did: else node-gyp downloads them. */
function ownHeaders() {
  const prefix = dirname(dirname(process.execPath));
  const installed = existsSync(join(prefix, 'include/node/node_version.h'));
  return installed ? { npm_config_nodedir: prefix } : {};
}

/** Builds packages that changed since the last build. Through pnpm, which turbo runs their scripts with and has to find. */
export async function build(filter) {
  const [command, ...before] = pnpmCommand();
  const args = [
    ...before,
    'exec',
    'turbo',
    'run',
    'build',
    '--output-logs=errors-only',
    '--no-update-notifier',
  ];
  if (filter) args.push(`--filter=${filter}`);
  await step('build', command, args, {
    quiet: true,
    env: { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  });
}
