import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CliProcess } from '../support/built-cli.js';

const PROGRAM = fileURLToPath(new URL('../support/stopping-bus.mjs', import.meta.url));
const TEN = Array.from({ length: 10 }, (_, n) => `m${n + 1}`);

describe('the end of a process with ten messages in a queue (beehive.md §9, 11)', () => {
  let child: ChildProcess | undefined;
  afterEach(() => {
    child?.kill('SIGKILL');
  });

  /** Runs it until the messages wait; `end` gives what it said and its exit code. */
  async function start(kind: 'slow' | 'hanging' | 'fatal', graceMs: number) {
    const started = spawn(process.execPath, [PROGRAM, kind, String(graceMs)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let stdout = '';
    let stderr = '';
    started.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const closed = once(started, 'close');
    const waiting = new Promise<void>((resolve, reject) => {
      started.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        if (stdout.includes('10 messages wait')) resolve();
      });
      void closed.then(() => reject(new Error(`it ended too early: ${stderr}`)));
    });
    await waiting;
    return {
      signal: (name: NodeJS.Signals) => started.kill(name),
      said: (text: string) =>
        new Promise<void>((resolve) => {
          const look = () => stderr.includes(text) && resolve();
          started.stderr.on('data', look);
          look();
        }),
      end: async () => {
        const [code] = (await closed) as [number | null];
        const log = stderr.trimEnd().split('\n').filter(Boolean);
        return {
          code,
          handled: [...stdout.matchAll(/^handled (\S+)$/gm)].map(([, id]) => id),
          unhandled: log.flatMap((line) => (JSON.parse(line) as { unhandled?: string[] }).unhandled ?? []),
          stderr,
        };
      },
    };
  }

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)(
    '%s: all ten are worked on, exit code 0',
    async (name) => {
      const process = await start('slow', 10_000);
      process.signal(name);
      expect(await process.end()).toMatchObject({ code: 0, handled: TEN, unhandled: [] });
    },
  );

  test('one that hangs is left behind after the grace time: exit code 1, and what was not done is in the log', async () => {
    const process = await start('hanging', 200);
    process.signal('SIGTERM');
    expect(await process.end()).toMatchObject({ code: 1, handled: [], unhandled: TEN });
  });

  test('a second signal ends it at once', async () => {
    const process = await start('hanging', 600_000);
    process.signal('SIGTERM');
    await process.said('stopping; pods keep running');
    process.signal('SIGTERM');
    expect(await process.end()).toMatchObject({ code: 1 });
  });

  test('a module that fails for good ends it in the same way, exit code 1', async () => {
    const process = await start('fatal', 10_000);
    const { code, handled, unhandled, stderr } = await process.end();
    expect({ code, handled }).toEqual({ code: 1, handled: ['m1', 'm2'] });
    expect(unhandled).toEqual(TEN.slice(2));
    expect(stderr).toContain('the third message cannot be worked on');
  });
});

test('what never ends does not keep the command: all it had to say is said, with its exit code', async () => {
  const preload = new URL('../support/linger-preload.mjs', import.meta.url).href;
  const env = { NODE_OPTIONS: `--import ${preload}` };
  const printing = new CliProcess(['config', 'default', '--api', 'v1alpha1'], env);
  expect(await printing.exited).toEqual({ code: 0, signal: null });
  expect(printing.output).toMatch(/^# [\s\S]*serviceBus:\n {4}enable: false\n/);
  const failing = new CliProcess(['config', 'check', '--config', '/nowhere/edgecore.yaml'], env);
  expect(await failing.exited).toEqual({ code: 1, signal: null });
});
