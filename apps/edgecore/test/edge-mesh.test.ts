import { MutableCloudLink } from '@edgecore/api';
import { tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { edgeMesh } from '../src/assembly/edge-mesh.js';
import { configOf, configText, OFFLINE } from './support.js';

const made = async (modules: string, own = '') => {
  const config = configOf(configText(await tempDir(), `${OFFLINE}\n${modules}`, own));
  return edgeMesh({ config, link: new MutableCloudLink(), edged: () => undefined });
};

test('today’s file: off without the section', async () => {
  expect(await made('')).toBeUndefined();
  expect(await made('  edgeMesh: {enable: false}')).toBeUndefined();
});

test('with it: on, and pods are told of its DNS only where they can ask it', async () => {
  const on = '  edgeMesh: {enable: true, listenInterface: lo}';
  const mesh = await made(on);
  // Where this machine lets nobody change rules the mesh is off, and must not be asked.
  const works = mesh?.health().state !== 'degraded';
  expect(mesh?.dnsServer).toBe(works ? '127.0.0.1' : undefined);
  expect((await made(on, 'edgecoreTs: {edgeMesh: {dnsListenPort: 5353}}'))?.dnsServer).toBeUndefined();
  expect(await made(`${on}\n  metaManager: {enable: false}`)).toBeUndefined();
});
