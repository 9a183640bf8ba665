import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { docker, eventually, tempDir, withDocker } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { edgecore } from '../cli.js';
import { startNode } from '../embedded-cloud.js';

const describeDocker = await withDocker();

describeDocker('edgecore start on Docker, without a registry', () => {
  test('the example runs from images made of this machine, and leaves with its manifest', async () => {
    const dataDir = await tempDir('ec-');
    const node = startNode(dataDir, '--runtime', 'docker');
    let uid = '';
    try {
      await node.says('Pod default/hello is Running.', 40_000);
      const { stdout } = await edgecore(['status', '--data-dir', dataDir, '--json']);
      uid = JSON.parse(stdout).pods[0].uid;
      const container = `k8s_hello_hello_default_${uid}_0`;
      await eventually(async () =>
        (await docker('logs', container)).includes('Hello from the edge, greeting 1'),
      );
      const label = 'index .Config.Labels "io.edgecore.embedded"';
      expect(await docker('image', 'inspect', 'edgecore/pause:local', '--format', `{{${label}}}`)).toBe(
        'true',
      );

      await rm(join(dataDir, 'manifests', 'hello.yaml'));
      await eventually(
        async () => (await docker('ps', '-aq', '--filter', `label=io.kubernetes.pod.uid=${uid}`)) === '',
        { timeoutMs: 30_000, intervalMs: 200 },
      );
    } finally {
      expect(await node.stop()).toMatchObject({ code: 0 });
      const filter = ['--filter', `label=io.kubernetes.pod.uid=${uid}`];
      const left = uid === '' ? '' : await docker('ps', '-aq', ...filter);
      if (left !== '') await docker('rm', '-f', ...left.split('\n'));
    }
  }, 100_000);
});
