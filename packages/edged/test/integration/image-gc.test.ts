import { join } from 'node:path';
import { createDockerRuntime } from '@edgecore/container-runtime';
import type { NodeEvent } from '@edgecore/edged';
import { BUSYBOX_IMAGE, eventually, PAUSE_IMAGE, PrivateDocker, withDocker } from '@edgecore/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { imageNames, importImage } from '../support/import-image.js';

const describeDocker = await withDocker();

describeDocker('images nobody needs', () => {
  let fixture: DockerFixture;
  let engine: PrivateDocker;

  beforeEach(async () => {
    fixture = await DockerFixture.create();
    engine = await PrivateDocker.create({ diskMiB: 64 });
  });
  afterEach(async () => {
    await engine?.close();
    await fixture.close();
  });

  test('go when the disk fills, the largest first, until there is room; what is used stays', async () => {
    await importImage(engine, fixture.directory, 'large', 20);
    await importImage(engine, fixture.directory, 'small', 1);
    await importImage(engine, fixture.directory, 'foreign', 8);
    await engine.docker('create', 'foreign:1', '/file');
    const runtime = createDockerRuntime({
      socketPath: engine.socket,
      containerLogsDir: join(fixture.directory, 'container-logs'),
    });
    const nodeEvents: NodeEvent[] = [];
    try {
      const edged = await fixture.start({
        runtime,
        imageGc: { highPercent: 45, lowPercent: 40, minAgeMs: 0, maxAgeMs: 0 },
        imageGcPeriodMs: 100,
        onNodeEvent: (event) => nodeEvents.push(event),
      });
      await eventually(async () => !(await imageNames(engine)).includes('large:1'), { timeoutMs: 10_000 });
      // Some looks later it is still so: below the low threshold nothing goes.
      const pod = fixture.pod();
      await edged.insert(pod);
      await edged.until(pod, ({ phase }) => phase === 'Running');
      expect(await imageNames(engine)).toEqual([BUSYBOX_IMAGE, 'foreign:1', PAUSE_IMAGE, 'small:1'].sort());
      expect(nodeEvents).toEqual([]);

      // Room that images cannot give back is asked for in vain, and said once.
      const name = fixture.containerName(pod);
      await engine.docker('exec', name, 'dd', 'if=/dev/zero', 'of=/fill', 'bs=1M', 'count=24');
      await eventually(() => nodeEvents.length > 0, { timeoutMs: 10_000 });
      expect(await imageNames(engine)).toEqual([BUSYBOX_IMAGE, 'foreign:1', PAUSE_IMAGE].sort());
      expect(nodeEvents).toEqual([
        {
          type: 'Warning',
          reason: 'FreeDiskSpaceFailed',
          message: expect.stringMatching(
            /^Failed to garbage collect required amount of images\. Attempted to free \d{7,} bytes, but only found \d{6,} bytes eligible to free\.$/,
          ),
        },
      ]);
      await edged.removeCompletely(pod);
    } finally {
      await runtime.close();
    }
  });
});
