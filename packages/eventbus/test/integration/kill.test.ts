import { once } from 'node:events';
import { join } from 'node:path';
import { eventually, spawnTypeScript, tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { connectDevice, startRig } from '../support/rig.js';

test('#22 kill -9 after the last acknowledgement: uploads and sessions are still there', async () => {
  const path = join(await tempDir(), 'edgecore.db');
  const child = spawnTypeScript(new URL('node.ts', import.meta.url).href, [path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const url = line.toString().trim();
  const will = {
    topic: '$hw/events/device/d1/state/update',
    payload: Buffer.from('gone'),
    qos: 1 as const,
    retain: false,
  };
  await connectDevice(url, { clientId: 'd1', clean: false, will });
  const app = await connectDevice(url, { clientId: 'app', clean: false, filters: ['out/#'] });
  await app.client.endAsync();
  const device = await connectDevice(url);
  for (const text of ['1', '2', '3'])
    await device.client.publishAsync('$hw/events/upload/x', text, { qos: 1 });
  for (const text of ['a', 'b']) await device.client.publishAsync('out/x', text, { qos: 1 });
  child.kill('SIGKILL');
  await ended;

  const rig = await startRig({ mode: 'internal', path, connected: false });
  rig.link.set({ connected: true });
  await eventually(() => rig.up.length === 3);
  expect(rig.up.map(({ content, resource }) => [content, resource])).toEqual(
    ['1', '2', '3'].map((text) => [text, '$hw/events/upload/x']),
  );
  const back = await connectDevice(await rig.url(), { clientId: 'app', clean: false });
  await eventually(() => back.got.length === 2);
  expect(back.texts()).toEqual(['a', 'b']);
});
