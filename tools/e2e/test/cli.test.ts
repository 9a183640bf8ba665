import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';

/** The built command, as a user runs it. */
const MAIN = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

class Command {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  readonly child: ChildProcess;

  constructor(argv: readonly string[], stdin = '') {
    this.child = spawn(process.execPath, [MAIN, ...argv], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', (text: Buffer) => {
      this.stdout += text;
    });
    this.child.stderr!.on('data', (text: Buffer) => {
      this.stderr += text;
    });
    this.child.stdin!.on('error', () => {});
    this.child.stdin!.end(stdin);
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }
}

const edgecore = (argv: readonly string[], stdin = '') => new Command(argv, stdin).ended;

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

if (!existsSync(MAIN)) throw new Error(`${MAIN} is not built: run "pnpm build" first`);

describe('the built command', () => {
  test('13: one line of version; its default file passes its own check through a pipe', async () => {
    const version = await edgecore(['--version']);
    expect(version).toMatchObject({ code: 0, stderr: '' });
    expect(version.stdout).toMatch(/^[^\n]+\n$/);
    const printed = await edgecore(['--defaultconfig']);
    const text = printed.stdout.replace('/var/lib/kubeedge', await tempDir());
    const checked = await edgecore(['--config', '/dev/stdin', 'config', 'check'], text);
    expect(checked.stdout).toContain('/dev/stdin: OK (v1alpha2, 0 errors, 0 warnings)');
    expect(checked.code).toBe(0);
  });

  test('help ends quickly, also when its reader has gone', async () => {
    const command = new Command(['--help']);
    command.child.stdout!.destroy();
    expect(await command.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('a configuration that cannot be used: one message, exit code 1, no stack', async () => {
    const file = join(await tempDir(), 'edgecore.yaml');
    await writeFile(file, 'modules:\n\tedgeHub: {}\n');
    const { code, stderr } = await edgecore(['start', '--config', file]);
    expect(code).toBe(1);
    expect(stderr).toContain('line 2: the line is indented with a tab');
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('edgecore start, whole', () => {
  const running: Command[] = [];
  afterEach(async () => {
    for (const { child, ended } of running.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
  });
  const start = async (dataDir: string, ...more: string[]) => {
    const argv = ['start', '--data-dir', dataDir, '--runtime', 'process', '--node-name', 'e2e', ...more];
    const command = new Command(argv);
    running.push(command);
    const gone = command.ended.then(({ code, stderr }) => {
      throw new Error(`edgecore start ended with ${code}: ${stderr}`);
    });
    gone.catch(() => {});
    const started = eventually(() => command.stdout.includes('EdgeCore is running.'), { timeoutMs: 20_000 });
    await Promise.race([started, gone]);
    return { command, cloudPid: Number(/process (\d+)/.exec(command.stdout)![1]) };
  };
  const noPods = async (dataDir: string) => {
    await rm(join(dataDir, 'manifests', 'hello.yaml'));
    await eventually(
      async () => (await edgecore(['status', '--data-dir', dataDir])).stdout.includes('No pods.'),
      { timeoutMs: 20_000, intervalMs: 200 },
    );
  };

  test('12: after kill -9 the cloud ends by itself; the next start finds the pod running', async () => {
    const dataDir = await tempDir('ec-');
    const first = await start(dataDir);
    await eventually(() => first.command.stdout.includes('Pod default/hello is Running.'), {
      timeoutMs: 20_000,
    });
    const second = await edgecore(['start', '--config', join(dataDir, 'node', 'edgecore.yaml')]);
    expect(second).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(String(first.command.child.pid)),
    });

    first.command.child.kill('SIGKILL');
    await first.command.ended;
    await eventually(() => !isRunning(first.cloudPid), { what: 'the end of the cloud' });

    const again = await start(dataDir);
    await eventually(() => again.command.stdout.includes('Pod default/hello is Running.'), {
      timeoutMs: 20_000,
    });
    // The same process: it never stopped counting.
    const { stdout: said } = await edgecore(['logs', 'hello', '--data-dir', dataDir]);
    const greetings = said.match(/greeting 1$/gm);
    expect(greetings).toHaveLength(1);
    await noPods(dataDir);
    again.command.child.kill('SIGTERM');
    expect(await again.command.ended).toMatchObject({ code: 0, stderr: '' });
    expect(isRunning(again.cloudPid)).toBe(false);
  }, 90_000);

  test('a crashed cloud is started again and the node finds it', async () => {
    const dataDir = await tempDir('ec-');
    const { command, cloudPid } = await start(dataDir, '--no-example');
    const connected = async () =>
      JSON.parse((await edgecore(['status', '--data-dir', dataDir, '--json'])).stdout).link.connectedSince;
    await eventually(connected, { intervalMs: 200 });
    const since = await connected();
    process.kill(cloudPid, 'SIGKILL');
    await eventually(async () => (await connected()) > since, { timeoutMs: 30_000, intervalMs: 300 });
    command.child.kill('SIGINT');
    expect((await command.ended).code).toBe(0);
  });

  test('logs are JSON lines on standard error when nobody watches', async () => {
    const dataDir = await tempDir('ec-');
    const { command } = await start(dataDir, '--no-example', '--log-level', 'info');
    await eventually(() => command.stderr.includes('connected to the cloud'));
    command.child.kill('SIGHUP');
    const { stderr, code } = await command.ended;
    expect(code).toBe(0);
    const lines = stderr.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line)).every(({ level, msg }) => level >= 30 && msg !== '')).toBe(
      true,
    );
  });
});
