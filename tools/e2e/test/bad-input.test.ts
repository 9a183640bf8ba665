import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type Minicloud, startMinicloud } from '@edgecore/minicloud';
import { eventually, tempDir } from '@edgecore/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { CliProcess } from '../support/built-cli.js';
import { writeNodeConfig } from '../support/node-config.js';

const CLOCK = `--import ${new URL('../support/clock-preload.mjs', import.meta.url).href}`;
const YEAR_MS = 365 * 86_400_000;
const TROUBLE_LEVEL = 40;

let cloud: Minicloud;
const agents: CliProcess[] = [];

beforeAll(async () => {
  cloud = await startMinicloud({ dataDir: await tempDir('ec-cloud-'), adminSocket: false });
});
afterAll(() => cloud.close());
afterEach(async () => {
  for (const agent of agents.splice(0)) {
    agent.kill('SIGKILL');
    await agent.exited;
  }
});

interface Node {
  readonly name: string;
  readonly dir: string;
  readonly file: string;
}

/** A configuration as an operator has it, with what is wrong about it in `edit`. The cloud has not seen the node. */
async function node(edit: (yaml: string, dir: string) => string = (yaml) => yaml): Promise<Node> {
  const name = `edge-${randomBytes(4).toString('hex')}`;
  const dir = await tempDir('ec-bad-');
  const file = await writeNodeConfig({
    dir,
    nodeName: name,
    format: 'v1alpha2',
    httpsPort: cloud.httpsPort,
    hubPort: cloud.hubPort,
    token: cloud.token,
    runtime: 'process',
  });
  await writeFile(file, edit(await readFile(file, 'utf8'), dir));
  return { name, dir, file };
}

function start({ file }: Node, env: Readonly<Record<string, string>> = {}): CliProcess {
  const agent = new CliProcess(['start', '--config', file, '--log-format', 'json'], env);
  agents.push(agent);
  return agent;
}

/** What an operator looks at: warnings, errors, and what is no log line at all. */
function trouble({ output }: CliProcess): string[] {
  return output
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('edgecore runs as node'))
    .filter((line) => !line.startsWith('{') || JSON.parse(line).level >= TROUBLE_LEVEL);
}

/** The agent ends with one line that says each of these things once. */
async function refusal(agent: CliProcess, ...said: readonly (string | RegExp)[]): Promise<string> {
  expect(await agent.exited).toEqual({ code: 1, signal: null });
  const lines = trouble(agent);
  expect(lines).toHaveLength(1);
  for (const text of said) expect(lines[0]!.split(text)).toHaveLength(2);
  return lines[0]!;
}

/** It runs on, and has said just this. */
function told(agent: CliProcess, ...said: readonly string[]): void {
  expect(agent.running).toBe(true);
  const lines = trouble(agent);
  expect(lines).toHaveLength(1);
  for (const text of said) expect(lines[0]).toContain(text);
}

describe('what ends the agent', () => {
  test('a token the cloud refuses', async () => {
    const secret = cloud.token.split('.').slice(1, 3).join('.');
    const bad = await node((yaml) => yaml.replace(/(token: ".*)..."/, '$1AAA"'));
    const agent = start(bad);
    await refusal(agent, 'answered 401', 'the token is refused', 'get a fresh one');
    expect(agent.output).not.toContain(secret);
    expect(await readdir(bad.dir)).not.toContain('edge.crt');
  });

  test('a cloud with another CA than the token', async () => {
    const bad = await node((yaml) => yaml.replace(/token: "..../, 'token: "0000'));
    const line = await refusal(
      start(bad),
      'not the CA certificate the token was made for',
      'check httpServer',
    );
    expect(line).not.toContain(cloud.token.split('.')[3]);
    expect(await readdir(bad.dir)).not.toContain('ca.crt');
  });

  test('an expired certificate and no token', async () => {
    const joined = await node();
    const first = start(joined);
    await first.says('connected to the cloud');
    first.kill('SIGTERM');
    expect((await first.exited).code).toBe(0);
    const later = start(joined, {
      NODE_OPTIONS: CLOCK,
      CLOCK_START_MS: String(Date.now() + 2 * YEAR_MS),
    });
    await refusal(later, join(joined.dir, 'edge.crt'), ' expired ', 'put one into modules.edgeHub.token');
  });

  test('a port somebody else has', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const bad = await node((yaml) => `${yaml}  status: {port: ${port}}\n`);
    await refusal(start(bad), 'something else is using it', '(edgecoreTs.status.port)', 'EADDRINUSE');
    await new Promise((resolve) => taken.close(resolve));
  });

  const mountable = canMount();
  (mountable ? test : test.skip)(
    'a data directory that is read-only (needs the right to mount)',
    async () => {
      let place = '';
      const bad = await node((yaml, dir) => {
        place = join(dir, 'data');
        return yaml.replace(/dataSource: .*/, `dataSource: ${join(place, 'edgecore.db')}`);
      });
      await mkdir(place);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', place]);
      try {
        await refusal(start(bad), join(place, 'edgecore.db'), 'choose another directory');
      } finally {
        execFileSync('umount', [place]);
      }
    },
    30_000,
  );
});

describe('what the agent lives with', () => {
  test('a clock in 1970: told once, and the node joins as soon as it is set', async () => {
    const fresh = await node();
    const agent = start(fresh, {
      NODE_OPTIONS: CLOCK,
      CLOCK_START_MS: '5000',
      CLOCK_RIGHT_AFTER_MS: '6000',
    });
    await agent.says('connected to the cloud', 40_000);
    await agent.says('node registered');
    told(agent, 'valid only from', '1970-01-01', 'check the clock of this machine');
  });

  test('a clock that falls back to 1970 once the node has joined', async () => {
    const joined = await node();
    const first = start(joined);
    await first.says('connected to the cloud');
    first.kill('SIGKILL');
    await first.exited;
    const agent = start(joined, {
      NODE_OPTIONS: CLOCK,
      CLOCK_START_MS: '5000',
      CLOCK_RIGHT_AFTER_MS: '6000',
    });
    await agent.says('connected to the cloud', 40_000);
    told(agent, 'edge.crt is valid only from', 'check the clock of this machine');
  });

  test('a corrupt database is set aside; the certificate stays, so the node is back at once', async () => {
    const joined = await node();
    const first = start(joined);
    await first.says('connected to the cloud');
    // A clean end: after a crash SQLite would mend the file out of its log.
    first.kill('SIGTERM');
    await first.exited;
    const database = join(joined.dir, 'edgecore.db');
    const garbage = Buffer.alloc(20_000, 'not a database ');
    await writeFile(database, garbage);
    const agent = start(joined);
    await agent.says('connected to the cloud');
    told(agent, 'damaged', `delete the node (kubectl delete node ${joined.name})`);
    const aside = (await readdir(joined.dir)).find((name) => /^edgecore\.db\.damaged-\w+$/.test(name));
    expect((await readFile(join(joined.dir, aside!))).equals(garbage)).toBe(true);
    await eventually(() => cloud.get('Node', '', joined.name));
  });
});

function canMount(): boolean {
  try {
    execFileSync('mount', ['--fake', '-t', 'tmpfs', 'tmpfs', '/tmp'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}
