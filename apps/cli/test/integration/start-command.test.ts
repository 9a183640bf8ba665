import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { edgecore } from '../cli.js';
import { startNode } from '../embedded-cloud.js';

describe('edgecore start', () => {
  test('a cloud, a node and the example pod; status and cloud look at them; nothing is left', async () => {
    const dataDir = await tempDir('ec-');
    const node = startNode(dataDir, '--runtime', 'process');
    try {
      await node.says('Pod default/hello is Running.');
      expect(node.output).toMatch(/EdgeCore is running\.\n\n {2}node +n1\n/);
      expect(node.output).toContain('Node n1 is Ready.');
      expect(node.output).toContain(`what it says:  edgecore logs -f hello --data-dir ${dataDir}\n`);
      await eventually(async () =>
        (await edgecore(['logs', 'hello', '--data-dir', dataDir])).stdout.includes(
          'Hello from the edge, greeting 1',
        ),
      );

      const status = await edgecore(['status', '--data-dir', dataDir]);
      expect(status.stdout).toMatch(
        /^Node +n1 \(.+\)\nCloud +connected to 127\.0\.0\.1:\d+ for \d+s, cloud current\n/,
      );
      expect(status.stdout).toMatch(/default +hello +1\/1 +Running +0 /);
      const json = JSON.parse((await edgecore(['status', '--data-dir', dataDir, '--json'])).stdout);
      expect(json).toMatchObject({ node: { name: 'n1' }, link: { connected: true } });

      expect((await edgecore(['cloud', 'get', 'nodes', '--data-dir', dataDir])).stdout).toMatch(
        /n1 +Ready\n/,
      );
      expect((await edgecore(['cloud', 'get', 'pods', '--data-dir', dataDir])).stdout).toMatch(
        /default +hello +Running +n1\n/,
      );
      await node.empty();
    } finally {
      expect(await node.stop()).toMatchObject({ code: 0, stderr: '' });
    }
    const gone = await edgecore(['status', '--data-dir', dataDir]);
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('edgecore start') });
  });

  test('objects are applied and deleted by hand; a second start finds its certificates', async () => {
    const dataDir = await tempDir('ec-');
    const manifest = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      data: { a: 'b' },
    });
    const first = startNode(dataDir, '--runtime', 'process', '--no-example');
    const certificate = join(dataDir, 'node', 'certificates', 'node.crt');
    await first.says('Node n1 is Ready.');
    const issued = await readFile(certificate, 'utf8');
    const apply = ['cloud', 'apply', '--data-dir', dataDir, '-f', '-'];
    expect(await edgecore(apply, { stdin: manifest })).toMatchObject({
      code: 0,
      stdout: 'ConfigMap default/c applied\n',
    });
    expect((await edgecore(['cloud', 'delete', 'configmap', 'c', '--data-dir', dataDir])).code).toBe(0);
    expect(await edgecore(['cloud', 'delete', 'configmap', 'c', '--data-dir', dataDir])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the cloud refused'),
    });
    expect((await edgecore(['cloud', 'token', '--data-dir', dataDir])).stdout).toMatch(
      /^[0-9a-f]{64}\..+\..+\..+\n$/,
    );
    await first.stop();

    const second = startNode(dataDir, '--runtime', 'process', '--no-example');
    await eventually(async () => {
      const { stdout } = await edgecore(['status', '--data-dir', dataDir]);
      return stdout.includes('connected to');
    });
    await second.stop();
    expect(await readFile(certificate, 'utf8')).toBe(issued);
    expect((await stat(join(dataDir, 'node', 'edgecore.yaml'))).mode & 0o777).toBe(0o600);
  });

  test('--set changes any key of the embedded node; a wrong one, or one beside a file, is refused', async () => {
    const dataDir = await tempDir('ec-');
    const args = ['--runtime', 'process', '--no-example', '--set', 'modules.serviceBus.enable=false'];
    const node = startNode(dataDir, ...args);
    await node.says('EdgeCore is running.');
    const status = await edgecore(['status', '--data-dir', dataDir]);
    await node.stop();
    expect(status.stdout).toMatch(/^edgestream /m);
    expect(status.stdout).not.toContain('servicebus');

    const wrong = startNode(dataDir, '--runtime', 'process', '--set', 'modules.edgeMash.enable=true');
    const { code, stderr } = await wrong.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^edgecore: --set modules\.edgeMash\.enable.*edgeMesh.*\n$/);
    const beside = await edgecore([
      'start',
      '--config',
      'edgecore.yaml',
      '--set',
      'modules.edgeMesh.enable=true',
    ]);
    expect(beside).toMatchObject({
      code: 1,
      stderr: 'edgecore: --set is for the embedded node; with --config, change edgecore.yaml itself\n',
    });
  });

  test('12: a second agent on the same directory is refused by name of the first', async () => {
    const dataDir = await tempDir('ec-');
    const first = startNode(dataDir, '--runtime', 'process', '--no-example');
    await first.says('EdgeCore is running.');
    try {
      const second = await edgecore(['start', '--config', join(dataDir, 'node', 'edgecore.yaml')], {
        env: { CHECK_EDGECORE_ENVIRONMENT: 'false' },
      });
      expect(second.code).toBe(1);
      expect(second.stderr).toMatch(new RegExp(`database .*edgecore\\.db .*\\b${process.pid}\\b`));
    } finally {
      await first.stop();
    }
  });

  test('a directory that cannot be made is one clear line', async () => {
    const file = join(await tempDir(), 'file');
    await writeFile(file, '');
    const { code, stderr } = await edgecore(['start', '--data-dir', join(file, 'x')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^edgecore: cannot make .*--data-dir\n$/);
  });

  test('a configuration that cannot be used ends it with every error', async () => {
    const file = join(await tempDir(), 'edgecore.yaml');
    await writeFile(file, 'modules: {edgeHub: {heartbeat: 0}, eventBus: {mqttMode: 7}}\n');
    const { code, stderr } = await edgecore(['--config', file]);
    expect(code).toBe(1);
    expect(stderr).toContain('modules.edgeHub.heartbeat (line 1)');
    expect(stderr).toContain('Mode: Invalid value: 7');
  });
});
