import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { containerMounts } from '../../src/containers/container-mounts.js';
import type { VolumeMount } from '../../src/kube-types.js';
import { container } from '../support/builders.js';

describe('mounts of a container (edged.md §6.1, §7.5)', () => {
  let volume: string;
  const env = new Map([['POD', 'web-1']]);
  const mount = async (more: Partial<VolumeMount>, privileged = false, readOnly = false) => {
    const volumeMounts = [{ name: 'v', mountPath: '/x', ...more }];
    const one = container('c', { volumeMounts, securityContext: { privileged } });
    return (await containerMounts(one, new Map([['v', { hostPath: volume, readOnly }]]), env))[0];
  };

  beforeEach(async () => {
    volume = await tempDir();
  });

  test.each([
    [{}, { readOnly: false }],
    [{ readOnly: true }, { readOnly: true }],
    [{ mountPropagation: 'None' }, { readOnly: false }],
    [{ mountPropagation: 'HostToContainer' }, { readOnly: false, propagation: 'rslave' }],
    [{ mountPath: 'relative' }, { readOnly: false, containerPath: '/relative' }],
  ])('%j', async (more, expected) => {
    expect(await mount(more)).toEqual({ hostPath: volume, containerPath: '/x', ...expected });
  });

  test("what the agent writes is the agent's: read-only, whatever the mount says", async () => {
    expect(await mount({}, false, true)).toMatchObject({ readOnly: true });
    expect(await mount({ readOnly: false }, true, true)).toMatchObject({ readOnly: true });
    await expect(mount({ subPath: 'new' }, false, true)).rejects.toMatchObject({
      reason: 'CreateContainerConfigError',
    });
  });

  test('Bidirectional is for privileged containers', async () => {
    const more = { mountPropagation: 'Bidirectional' };
    expect(await mount(more, true)).toMatchObject({ propagation: 'rshared' });
    await expect(mount(more)).rejects.toMatchObject({ reason: 'CreateContainerConfigError' });
  });

  test('subPath: made with the mode of the volume, or what is there', async () => {
    expect(await mount({ subPath: 'a/b' })).toMatchObject({ hostPath: join(volume, 'a/b') });
    expect(statSync(join(volume, 'a')).mode & 0o777).toBe(statSync(volume).mode & 0o777);
    writeFileSync(join(volume, 'file'), '');
    expect(await mount({ subPath: 'file' })).toMatchObject({ hostPath: join(volume, 'file') });
    expect(await mount({ subPathExpr: 'of-$(POD)' })).toMatchObject({ hostPath: join(volume, 'of-web-1') });
  });

  test('a link inside the volume is followed', async () => {
    mkdirSync(join(volume, 'real'));
    symlinkSync('real', join(volume, 'link'));
    expect(await mount({ subPath: 'link/deep' })).toMatchObject({ hostPath: join(volume, 'real/deep') });
  });

  test.each([
    ['absolute', { subPath: '/etc' }, /must be relative/],
    ['upwards', { subPath: 'a/../../b' }, /must be relative/],
    ['a variable nobody set', { subPathExpr: '$(NO)' }, /missing value for NO/],
    ['missing and read-only', { subPath: 'no', readOnly: true }, /does not exist/],
  ])('%s is refused', async (_name, more, message) => {
    await expect(mount(more)).rejects.toThrow(message);
    expect(readdirSync(volume)).toEqual([]);
  });

  test('links that leave the volume are refused, nothing is made behind them', async () => {
    const outside = await tempDir();
    symlinkSync(outside, join(volume, 'out'));
    symlinkSync('nowhere', join(volume, 'dangling'));
    await expect(mount({ subPath: 'out/made' })).rejects.toThrow(/leaves its volume/);
    await expect(mount({ subPath: 'dangling' })).rejects.toThrow(/dangling/);
    expect(readdirSync(outside)).toEqual([]);
  });

  test('an unknown volume', async () => {
    await expect(mount({ name: 'other' })).rejects.toThrow('cannot find volume "other"');
  });
});
