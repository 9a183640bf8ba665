import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { readBootstrapToken, redact, removeToken } from '../../src/config/index.js';
import { fixture, parse } from './fixtures.js';

const TOKEN = 'beea6f.eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln';

describe('the token leaves the file, nothing else does (config.md §6, acceptance 11)', () => {
  test.each([
    ['quoted', `# keep\nmodules:\n  edgeHub:\n    token: "${TOKEN}" # mine\n    heartbeat: 10 # fast\n`],
    ['plain', `# keep\nmodules:\n  edgeHub:\n    token: ${TOKEN} # mine\n    heartbeat: 10 # fast\n`],
    ['other case', `# keep\nmodules:\n  EdgeHub:\n    Token: '${TOKEN}' # mine\n    heartbeat: 10 # fast\n`],
  ])('%s', async (_, text) => {
    const file = join(await tempDir(), 'edgecore.yaml');
    await writeFile(file, text);
    await chmod(file, 0o600);
    expect(await removeToken(file)).toBe(true);
    const before = text.split('\n');
    const after = (await readFile(file, 'utf8')).split('\n');
    const changed = after.filter((line, index) => line !== before[index]);
    expect(changed).toEqual([expect.stringMatching(/^ {4}[Tt]oken: "" # mine$/)]);
    expect(after).toHaveLength(before.length);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(file, '..'))).toEqual(['edgecore.yaml']);
    expect(await removeToken(file)).toBe(false);
  });

  test('flow, block and duplicate tokens go too, and the file still loads', async () => {
    const file = join(await tempDir(), 'edgecore.yaml');
    for (const text of [
      `modules: {edgeHub: {token: ${TOKEN}, heartbeat: 10}}\n`,
      `modules:\n  edgeHub:\n    token: >-\n      ${TOKEN}\n    heartbeat: 10\n`,
      `modules:\n  edgeHub:\n    token: ${TOKEN}\n    token: ${TOKEN}\n    heartbeat: 10\n`,
      `{"modules":{"edgeHub":{"token":"${TOKEN}","heartbeat":10}}}`,
    ]) {
      await writeFile(file, text);
      expect(await removeToken(file)).toBe(true);
      const left = await readFile(file, 'utf8');
      expect(left).not.toContain('beea6f');
      expect(parse(left).config?.edgeHub).toMatchObject({ token: '', heartbeatMs: 10_000 });
    }
  });

  test('a file without a token is left alone', async () => {
    const file = join(await tempDir(), 'edgecore.yaml');
    await writeFile(file, fixture('default-v1alpha2'));
    const { mtimeMs, ino } = await stat(file);
    expect(await removeToken(file)).toBe(false);
    expect(await stat(file)).toMatchObject({ mtimeMs, ino });
  });
});

test('the bootstrap file is trimmed; none or an empty one is no token', async () => {
  const dir = await tempDir();
  const file = join(dir, 'bootstrap-edgecore.conf');
  expect(await readBootstrapToken(file)).toBeUndefined();
  await writeFile(file, ' \n');
  expect(await readBootstrapToken(file)).toBeUndefined();
  await writeFile(file, `${TOKEN}\n`);
  expect(await readBootstrapToken(file)).toBe(TOKEN);
});

test('secrets are replaced at any depth, empty ones stay visible as empty', () => {
  const { config, effective } = parse(
    `modules: {edgeHub: {token: ${TOKEN}}, eventBus: {mqttPassword: hunter2, mqttUsername: me}}`,
  );
  const text = JSON.stringify([redact(config), redact(effective)]);
  expect(text).not.toMatch(/beea6f|hunter2/);
  expect(text).toContain('"mqttUsername":"me"');
  expect(redact({ token: '' })).toEqual({ token: '' });
});
