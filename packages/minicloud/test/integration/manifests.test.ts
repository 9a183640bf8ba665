import { execFile } from 'node:child_process';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Logger, silentLogger } from '@edgecore/api';
import { type Minicloud, startMinicloud } from '@edgecore/minicloud';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeEdge, nodeObject } from '../fake-edge.js';

const pod = (name: string, image = 'busybox:1', container = 'main') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  containers:\n    - {name: ${container}, image: "${image}"}\n`;

let dir: string;
let dataDir: string;
let cloud: Minicloud;
let errors: string[];
const names = () => cloud.pods().map(({ metadata }) => metadata.name);

async function start(): Promise<void> {
  const logger: Logger = {
    ...silentLogger,
    error: (...args: unknown[]) => void errors.push(String(args.at(-1))),
  };
  cloud = await startMinicloud({
    dataDir,
    manifestsDir: dir,
    logger,
    manifestDebounceMs: 20,
    manifestRescanMs: 150,
    resyncIntervalMs: 50,
  });
}

beforeEach(async () => {
  dir = await tempDir();
  dataDir = await tempDir();
  errors = [];
  await writeFile(join(dir, 'a.yaml'), pod('first'));
  await start();
});
afterEach(() => cloud.close());

test('what is there at the start is applied, and changes are followed', async () => {
  expect(names()).toEqual(['first']);
  await writeFile(join(dir, 'b.yml'), pod('second'));
  await writeFile(join(dir, 'notes.txt'), 'no manifest');
  await eventually(() => names().length === 2);
  await rm(join(dir, 'a.yaml'));
  await eventually(() => names().join() === 'second');
  expect(errors).toEqual([]);
});

test('a broken file is told once, with its line, and what ran goes on', async () => {
  await writeFile(join(dir, 'a.yaml'), pod('first').replace('spec:', '\tspec:'));
  await eventually(() => errors.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(errors).toEqual([
    `${join(dir, 'a.yaml')}:4: indented with a tab; YAML needs spaces (nothing of this file is changed)`,
  ]);
  expect(names()).toEqual(['first']);
  await writeFile(join(dir, 'a.yaml'), pod('first', 'busybox:2'));
  await eventually(() => JSON.stringify(cloud.pods()).includes('busybox:2'));
});

test('a wish set by hand counts until the file of the device says something new', async () => {
  const device = (wish: string) =>
    `apiVersion: devices.kubeedge.io/v1beta1\nkind: Device\nmetadata: {name: led}\nspec:\n  properties:\n    - {name: power, desired: {value: "${wish}"}}\n`;
  const wanted = () => cloud.device('led')?.properties['power']?.desired;
  await writeFile(join(dir, 'led.yaml'), device('ON'));
  await eventually(() => wanted() === 'ON');
  await cloud.setDesired('led', 'power', 'DIM');
  await writeFile(join(dir, 'b.yaml'), pod('later'));
  await eventually(() => names().includes('later'));
  expect(wanted()).toBe('DIM');
  await writeFile(join(dir, 'led.yaml'), device('OFF'));
  await eventually(() => wanted() === 'OFF');
  await writeFile(join(dir, 'led.yaml'), device('OFF').replace('"OFF"', '5'));
  await eventually(() => errors.some((text) => text.includes('must be a text: write it in quotes, "5"')));
  await rm(join(dir, 'led.yaml'));
  await eventually(() => cloud.devices().length === 0);
});

test('a directory that goes away deletes nothing and is found again', async () => {
  await rename(dir, `${dir}-moved`);
  await eventually(() => errors.length > 0);
  expect(names()).toEqual(['first']);
  await rename(`${dir}-moved`, dir);
  await writeFile(join(dir, 'c.yaml'), pod('third'));
  await eventually(() => names().includes('third'));
});

test('files changed while the cloud was down count at its next start', async () => {
  await cloud.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'by-hand' } });
  await cloud.close();
  await rm(join(dir, 'a.yaml'));
  await writeFile(join(dir, 'b.yaml'), pod('second'));
  await start();
  expect(names()).toEqual(['second']);
  expect(cloud.get('ConfigMap', 'default', 'by-hand')).toBeDefined();
});

test('a changed pod is replaced: the node stops the old one before it gets the new one', async () => {
  const edge = await FakeEdge.connect(cloud, 'edge-1');
  await edge.ask('insert', 'null/node/edge-1', nodeObject('edge-1'));
  const old = await edge.waitFor(({ resource }) => resource === 'default/pod/first');
  const { uid } = (old.content as { metadata: { uid: string } }).metadata;
  await writeFile(join(dir, 'a.yaml'), pod('first', 'busybox:1', 'renamed'));
  await edge.waitFor(({ content }) => JSON.stringify(content ?? '').includes('deletionTimestamp'));
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(cloud.pods().map(({ metadata }) => metadata.uid)).toEqual([uid]);
  await edge.ask('delete', 'default/pod/first', uid);
  const next = await edge.waitFor(
    ({ operation, content }) => operation === 'insert' && JSON.stringify(content).includes('renamed'),
  );
  expect((next.content as { metadata: { uid: string } }).metadata.uid).not.toBe(uid);
  await edge.close();
});

test('a list with nothing in it, a pipe: told, and the directory is followed on', async () => {
  const bad = pod('bad').replace('spec:\n', 'spec:\n  initContainers:\n    -\n');
  await writeFile(join(dir, 'bad.yaml'), bad);
  await promisify(execFile)('mkfifo', [join(dir, 'pipe.yaml')]);
  await eventually(() => errors.some((text) => text.includes('spec.initContainers[0] is not a mapping')));
  await eventually(() => errors.some((text) => text.includes('pipe.yaml: not a file')));
  await writeFile(join(dir, 'good.yaml'), pod('good'));
  await eventually(() => names().includes('good'));
});
