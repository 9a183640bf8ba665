import { access, chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Minicloud, startMinicloud } from '@edgecore/minicloud';
import { eventually, tempDir } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bootstrapFileFor, createEdgeCore, loadConfig, runEdgeCore } from '../../src/index.js';
import { configText, processRuntime, recordingLogger } from '../support.js';

describe('joining a cloud', () => {
  let cloud: Minicloud;
  beforeAll(async () => {
    cloud = await startMinicloud({ dataDir: await tempDir('ec-') });
  });
  afterAll(() => cloud.close());

  const hub = (dir: string, token: string) => `  edgeHub:
    # how to reach the cloud
    httpServer: https://127.0.0.1:${cloud.httpsPort}
    token: "${token}" # handed out by the cloud
    websocket: {server: "127.0.0.1:${cloud.hubPort}"}
    tlsCaFile: ${dir}/ca.crt
    tlsCertFile: ${dir}/node.crt
    tlsPrivateKeyFile: ${dir}/node.key`;
  const write = async (dir: string, token: string) => {
    const file = join(dir, 'edgecore.yaml');
    await writeFile(file, configText(dir, hub(dir, token)));
    await chmod(file, 0o600);
    return file;
  };
  const startNode = async (dir: string, file: string) => {
    const { config } = await loadConfig(file, { env: {} });
    const core = createEdgeCore(config, { runtime: processRuntime(dir) });
    await core.start();
    return core;
  };

  test('11: the token leaves the file once the node has its certificate; it starts without one then', async () => {
    const dir = await tempDir();
    const file = await write(dir, cloud.token);
    const before = (await readFile(file, 'utf8')).split('\n');
    const first = await startNode(dir, file);
    await eventually(() => cloud.isConnected('edge-1'));
    await eventually(async () => !(await readFile(file, 'utf8')).includes(cloud.token));
    await first.stop();

    const after = (await readFile(file, 'utf8')).split('\n');
    expect(after.filter((line, index) => line !== before[index])).toEqual([
      '    token: "" # handed out by the cloud',
    ]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    await eventually(() => !cloud.isConnected('edge-1'));
    const second = await startNode(dir, file);
    await eventually(() => cloud.isConnected('edge-1'));
    await second.stop();
  });

  test('a token in the bootstrap file wins over the configured one and is deleted after use', async () => {
    const dir = await tempDir();
    const file = await write(dir, '');
    const bootstrap = bootstrapFileFor(file);
    await writeFile(bootstrap, `${cloud.token}\n`, { mode: 0o600 });
    const core = await startNode(dir, file);
    await eventually(() => cloud.isConnected('edge-1'));
    await eventually(() =>
      access(bootstrap).then(
        () => false,
        () => true,
      ),
    );
    await core.stop();
  });

  test('a wrong token ends the program with code 1 and one line that does not show it', async () => {
    const dir = await tempDir();
    const wrong = `${'0'.repeat(64)}.${cloud.token.split('.').slice(1).join('.')}`;
    const { config } = await loadConfig(await write(dir, wrong), { env: {} });
    const log = recordingLogger();
    const core = createEdgeCore(config, { log, runtime: processRuntime(dir) });
    expect(await runEdgeCore(core, { log })).toBe(1);
    const errors = log.lines.filter((line) => line.startsWith('error'));
    expect(errors.length).toBeGreaterThan(0);
    expect(log.lines.join()).not.toContain(wrong.slice(65));
  });

  test('it runs until it is told to end, and ends cleanly', async () => {
    const dir = await tempDir();
    const { config } = await loadConfig(await write(dir, cloud.token), { env: {} });
    const core = createEdgeCore(config, { runtime: processRuntime(dir) });
    const end = new AbortController();
    const ended = runEdgeCore(core, {
      log: recordingLogger(),
      signal: end.signal,
      onStarted: () => {
        void eventually(() => cloud.isConnected('edge-1')).then(() => end.abort());
      },
    });
    expect(await ended).toBe(0);
    await eventually(() => !cloud.isConnected('edge-1'));
  });
});
