import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { builtCli } from '../support/built-cli.js';

/**
 * A real kubelet would be seen by every test on this machine. In a mount namespace of its own the agent
 * reads the name of its parent, a shell, from a file that says otherwise.
 */
const SCRIPT = 'mount --bind "$0" "/proc/$$/comm" && "$@"';
const UNSHARE = ['--mount', '--propagation', 'private', 'sh', '-c'];

function canMount(): boolean {
  try {
    execFileSync('unshare', [...UNSHARE, SCRIPT, '/proc/self/comm', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const inNamespace = canMount() ? test : test.skip;
let running: ChildProcess | undefined;

afterEach(() => {
  if (running?.pid === undefined || running.exitCode !== null) return;
  process.kill(-running.pid, 'SIGKILL');
});

/** Starts the agent beside a process of that name; ends it once it runs. */
async function startBeside(name: string, format: string, env: Record<string, string>) {
  const dir = await tempDir('ec-e2e-');
  const comm = join(dir, 'comm');
  await writeFile(comm, `${name}\n`);
  const file = join(dir, 'edgecore.yaml');
  await writeFile(
    file,
    `apiVersion: edgecore.config.kubeedge.io/${format}
kind: EdgeCore
database: {dataSource: ${dir}/edgecore.db}
modules:
  edgeHub: {enable: false}
  edged: {enable: false}
`,
  );
  const { CHECK_EDGECORE_ENVIRONMENT: _, ...others } = process.env;
  const agent = [process.execPath, builtCli(), '--config', file];
  const child = spawn('unshare', [...UNSHARE, SCRIPT, comm, ...agent], {
    env: { ...others, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // The agent has the shell for a parent: both get the signal.
    detached: true,
  });
  running = child;
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (text.includes('edgecore runs as node')) process.kill(-child.pid!, 'SIGTERM');
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

describe('beside another node agent (config.md §11, 10)', () => {
  inNamespace.each([
    [
      'v1alpha1',
      'kubelet',
      'Failed to check the running environment: Kubelet should not running on edge node',
    ],
    ['v1alpha1', 'kube-proxy', 'Failed to check the running environment: Kube-proxy should not running'],
    ['v1alpha2', 'kubelet', 'failed to check the running environment: kubelet should not be running'],
  ])('%s beside %s is refused', async (format, name, text) => {
    const { code, output } = await startBeside(name, format, {});
    expect(output).toContain(text);
    expect(output).not.toContain('edgecore runs as node');
    expect(code).toBe(1);
  });

  inNamespace.each([
    ['v1alpha1', 'kubelet', { CHECK_EDGECORE_ENVIRONMENT: 'false' }],
    ['v1alpha2', 'kubelet', { CHECK_EDGECORE_ENVIRONMENT: 'false' }],
    ['v1alpha2', 'kube-proxy', {}],
    ['v1alpha1', 'kubelet-helper', {}],
  ])('%s beside %s with %j starts', async (format, name, env) => {
    const { output } = await startBeside(name, format, env as Record<string, string>);
    expect(output).toContain('edgecore runs as node');
    expect(output).not.toContain('running environment');
  });
});
