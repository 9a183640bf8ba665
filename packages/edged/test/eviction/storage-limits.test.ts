import { describe, expect, test } from '@jest/globals';
import { storageExcess } from '../../src/eviction/storage-limits.js';
import type { PodSpec } from '../../src/kube-types.js';
import { container, pod } from '../support/builders.js';

const MIB = 2 ** 20;
const limited = (name: string, limit: string) =>
  container(name, { resources: { limits: { 'ephemeral-storage': limit } } });

interface Use {
  readonly emptyDirs?: Record<string, number>;
  readonly containers?: Record<string, number>;
  readonly total?: number;
}

function excess(spec: Partial<PodSpec>, { emptyDirs = {}, containers = {}, total = 0 }: Use) {
  const map = (sizes: Record<string, number>) =>
    new Map(Object.entries(sizes).map(([name, mebibytes]) => [name, mebibytes * MIB]));
  const use = { emptyDirs: map(emptyDirs), containers: map(containers), totalBytes: total * MIB };
  return storageExcess(pod(spec), use);
}

describe('a pod over its own limits (edged.md §10.4)', () => {
  const scratch = { volumes: [{ name: 'x', emptyDir: { sizeLimit: '10Mi' } }] };

  test('an emptyDir may be as large as its limit, not larger', () => {
    expect(excess(scratch, { emptyDirs: { x: 10 } })).toBeUndefined();
    expect(excess(scratch, { emptyDirs: { x: 11 } })).toEqual({
      signal: 'emptydirfs.limit',
      message: 'Usage of EmptyDir volume "x" exceeds the limit "10Mi".',
    });
  });

  test('an emptyDir in memory is limited by its file system, one without a limit not at all', () => {
    const spec = {
      volumes: [
        { name: 'x', emptyDir: { sizeLimit: '10Mi', medium: 'Memory' } },
        { name: 'y', emptyDir: {} },
      ],
    };
    expect(excess(spec, { emptyDirs: { x: 11, y: 999 } })).toBeUndefined();
  });

  test('the pod as a whole, by the sum of its containers’ limits', () => {
    const spec = { containers: [limited('a', '512Mi'), limited('b', '512Mi')] };
    expect(excess(spec, { total: 1024 })).toBeUndefined();
    expect(excess(spec, { total: 1025 })).toEqual({
      signal: 'ephemeralpodfs.limit',
      message: 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.',
    });
  });

  test('a container by its own limit', () => {
    const spec = { containers: [limited('a', '1Mi'), limited('web', '10Mi')] };
    expect(excess(spec, { total: 3, containers: { a: 2, web: 1 } })).toEqual({
      signal: 'ephemeralcontainerfs.limit',
      message: 'Container a exceeded its local ephemeral storage limit "1Mi".',
    });
  });

  test('critical pods stay, pods without limits may take what there is', () => {
    expect(excess({ ...scratch, priority: 2_000_000_000 }, { emptyDirs: { x: 99 } })).toBeUndefined();
    expect(excess({}, { total: 9999, containers: { c: 9999 } })).toBeUndefined();
  });
});
