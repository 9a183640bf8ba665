import { chmod, mkdir, stat } from 'node:fs/promises';
import type { Pod } from '../kube-types.js';
import { quantityValue } from '../resources/quantity.js';
import { applyFsGroup } from './fs-group.js';
import type { VolumePlugin } from './volume-plugin.js';

const MODE = 0o777;

/** Scratch space that lives as long as the pod; on tmpfs with `medium: Memory` (edged.md §7). */
export const emptyDir: VolumePlugin = {
  directory: 'kubernetes.io~empty-dir',
  readOnly: false,
  handles: (volume) => volume.emptyDir !== undefined,
  async setUp({ emptyDir: source }, directory, { pod, tmpfs, fsGroup }) {
    const existed = await stat(directory).then(
      () => true,
      () => false,
    );
    await mkdir(directory, { recursive: true });
    if (source?.medium === 'Memory') {
      const limits = [source.sizeLimit ? quantityValue(source.sizeLimit) : 0, podMemoryLimit(pod)];
      const sizes = limits.filter((size) => size > 0);
      await tmpfs.mount(directory, sizes.length > 0 ? Math.min(...sizes) : undefined);
    }
    // What containers have made of an existing one is theirs.
    if (existed) return directory;
    await chmod(directory, MODE);
    if (fsGroup) await applyFsGroup(directory, fsGroup, false);
    return directory;
  },
};

/** Sum of the containers' memory limits, 0 when one has none. */
function podMemoryLimit({ spec }: Pod): number {
  const limits = spec.containers.map(({ resources }) => resources?.limits?.['memory']);
  if (limits.includes(undefined)) return 0;
  return limits.reduce((sum, limit) => sum + quantityValue(limit!), 0);
}
