import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { edgecore } from './cli.js';
import { makeCloudTls } from './cloud-tls.js';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9.c2ln';
const TOKEN = `${'ab'.repeat(32)}.${JWT}`;
const CLOUD = ['-e', '203.0.113.5:10000', '-i', 'n1'];
const dryRun = async (...argv: string[]) => {
  const ran = await edgecore(['join', ...argv, '--dry-run']);
  return { ...ran, yaml: ran.code === 0 ? parse(ran.stdout) : undefined };
};

describe('dry run (config.md §11)', () => {
  test('14: today’s format', async () => {
    const { yaml, stdout } = await dryRun(
      ...CLOUD,
      ...['-t', 'TOK', '--hub-protocol', 'websocket', '--labels', 'a=b', '--api', 'v1alpha2'],
    );
    expect(yaml).toMatchObject({
      apiVersion: 'edgecore.config.kubeedge.io/v1alpha2',
      modules: {
        edgeHub: {
          websocket: { server: '203.0.113.5:10000' },
          quic: { server: '203.0.113.5:10001' },
          httpServer: 'https://203.0.113.5:10002',
          token: '',
        },
        edgeStream: { server: '203.0.113.5:10004' },
        edged: {
          hostnameOverride: 'n1',
          nodeLabels: { a: 'b' },
          tailoredKubeletConfig: { containerRuntimeEndpoint: 'unix:///var/run/docker.sock' },
        },
      },
    });
    expect(stdout).not.toContain('TOK');
  });

  test('15: 2020’s format, another certificate port', async () => {
    const { yaml } = await dryRun(...CLOUD, '--api', 'v1alpha1', '--certport', '11002');
    expect(yaml).toMatchObject({
      apiVersion: 'edgecore.config.kubeedge.io/v1alpha1',
      modules: {
        edgeHub: { httpServer: 'https://203.0.113.5:11002' },
        edged: { hostnameOverride: 'n1' },
        edgeStream: { server: '203.0.113.5:10004' },
      },
    });
  });

  test('16: IPv6', async () => {
    const { yaml } = await dryRun('-e', '[2001:db8::5]:10000', '-i', 'n1');
    expect(yaml).toMatchObject({
      modules: {
        edgeHub: {
          websocket: { server: '[2001:db8::5]:10000' },
          quic: { server: '[2001:db8::5]:10001' },
          httpServer: 'https://[2001:db8::5]:10002',
        },
        edgeStream: { server: '[2001:db8::5]:10004' },
      },
    });
  });

  test('17: --set', async () => {
    const { yaml } = await dryRun(
      ...CLOUD,
      ...['--set', 'modules.edged.hostnameOverride=n2', '--set', 'modules.edgeHub.heartbeat=30'],
    );
    expect(yaml).toMatchObject({
      modules: { edged: { hostnameOverride: 'n2' }, edgeHub: { heartbeat: 30 } },
    });
    const wrong = await dryRun(...CLOUD, '--set', 'modules.edgeHub.hartbeat=1');
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('modules.edgeHub.hartbeat') });
  });

  test('the flags of 2020', async () => {
    const { yaml } = await dryRun(
      ...CLOUD,
      ...['--cloud-profile', '2020', '-r', 'docker', '--interfacename', 'eth7', '--certPath', '/x'],
      ...['--cgroupdriver', 'systemd', '--kubeedge-version', '1.4.0'],
    );
    expect(yaml).toMatchObject({
      apiVersion: 'edgecore.config.kubeedge.io/v1alpha1',
      modules: { edged: { interfaceName: 'eth7', runtimeType: 'docker', cgroupDriver: 'systemd' } },
    });
  });

  test.each([
    [['-e', '203.0.113.5'], 'is not host:port'],
    [['-e', '2001:db8::5:10000'], 'is not host:port'],
    [[...CLOUD, '--hub-protocol', 'quic'], 'modules.edgeHub.quic.enable'],
    [[...CLOUD, '--certport', '0'], 'is not a port'],
    [[...CLOUD, '--cgroupdriver', 'foo'], 'CGroupDriver: Invalid value: "foo"'],
    [['-e', '203.0.113.5:10000', '-i', 'Bad_Name'], 'HostnameOverride: Invalid value'],
    [[...CLOUD, '--labels', '=x'], 'has no name'],
  ])('%j is refused', async (argv, text) => {
    const { code, stderr } = await dryRun(...argv);
    expect(code).toBe(1);
    expect(stderr).toContain(text);
  });
});

describe('joining', () => {
  const tls = makeCloudTls();
  const seen: string[] = [];
  let status = 404;
  const server = createServer({ key: tls.key, cert: tls.cert }, (request, response) => {
    seen.push(request.url!);
    if (request.url === '/ca.crt') response.end(tls.caDer);
    else response.writeHead(status).end();
  });
  let port = 0;
  const caHash = createHash('sha256').update(tls.caDer).digest('hex');
  const token = `${caHash}.${JWT}`;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const joinCloud = async (file: string, ...more: string[]) => {
    seen.length = 0;
    const argv = ['join', '-e', '127.0.0.1:10000', '-i', 'n1', '--certport', String(port), '--config', file];
    return edgecore([...argv, '--token-file', '-', ...more], { stdin: `${token}\n` });
  };

  test('CA, then name, then files; the token only in its own file, for the owner only', async () => {
    const dir = await tempDir();
    const file = join(dir, 'config', 'edgecore.yaml');
    const { code, stdout, stderr } = await joinCloud(file);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(seen).toEqual(['/ca.crt', '/node/n1']);
    const secret = join(dir, 'bootstrap-edgecore.conf');
    expect(await readFile(secret, 'utf8')).toBe(`${token}\n`);
    expect((await stat(secret)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).not.toContain(caHash);
    expect(stdout).not.toContain(token);
    expect(stdout).toContain(`edgecore --config ${file}`);
  });

  test('an existing file stays unless forced, and is kept', async () => {
    const dir = await tempDir();
    const file = join(dir, 'edgecore.yaml');
    await writeFile(file, 'old: true\n');
    const refused = await joinCloud(file);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') });
    expect(seen).toEqual([]);
    expect(await readFile(file, 'utf8')).toBe('old: true\n');
    expect((await joinCloud(file, '--force')).code).toBe(0);
    const backup = (await readdir(dir)).find((name) => name.endsWith('.bak'));
    expect(await readFile(join(dir, backup!), 'utf8')).toBe('old: true\n');
  });

  test('another CA than the token’s: nothing else is sent, nothing is written', async () => {
    const dir = await tempDir();
    const secret = join(dir, 'token');
    await writeFile(secret, TOKEN);
    seen.length = 0;
    const { code, stderr } = await edgecore([
      ...['join', '-e', '127.0.0.1:10000', '-i', 'n1', '--certport', String(port)],
      ...['--config', join(dir, 'edgecore.yaml'), '--token-file', secret],
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('is not the one the token was made for');
    expect(seen).toEqual(['/ca.crt']);
    expect(await readdir(dir)).toEqual(['token']);
  });

  test('a taken name ends it, unless the check is skipped', async () => {
    const file = join(await tempDir(), 'edgecore.yaml');
    status = 200;
    try {
      expect(await joinCloud(file)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('node already exists'),
      });
      expect((await joinCloud(file, '--skip-node-check')).code).toBe(0);
      expect(seen).toEqual(['/ca.crt']);
    } finally {
      status = 404;
    }
  });

  test('scripts: a failing one before ends it, a failing one after is only mentioned', async () => {
    const dir = await tempDir();
    const file = join(dir, 'edgecore.yaml');
    expect(await joinCloud(file, '--pre-run', 'exit 3')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('exit code 3'),
    });
    const after = await joinCloud(file, '--pre-run', `echo ok > ${dir}/ran`, '--post-run', 'exit 4');
    expect(after).toMatchObject({ code: 0, stderr: expect.stringContaining('exit code 4') });
    expect(await readFile(join(dir, 'ran'), 'utf8')).toBe('ok\n');
  });

  test.each([['only.three.parts'], [`nothex.${JWT}`]])('a malformed token is not repeated', async (bad) => {
    const { code, stderr } = await edgecore([
      'join',
      ...CLOUD,
      ...['--config', join(await tempDir(), 'c.yaml'), '-t', bad],
    ]);
    expect(code).toBe(1);
    expect(stderr).not.toContain(bad);
  });
});
