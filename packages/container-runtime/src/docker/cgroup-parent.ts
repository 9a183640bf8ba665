import type { CgroupDriver } from './client/engine-facts.js';

/**
 * The cgroup parent as the engine's driver wants it: a path for cgroupfs, a
 * slice for systemd (`/kubepods/besteffort/pod1-2` is
 * `kubepods-besteffort-pod1_2.slice`, edged.md §13). Slices stay as they are.
 */
export function cgroupParentFor(driver: CgroupDriver, parent: string): string {
  if (driver === 'cgroupfs' || parent === '' || parent.endsWith('.slice')) return parent;
  const parts = parent.split('/').filter((part) => part !== '');
  if (parts.length === 0) return '';
  return `${parts.map((part) => part.replaceAll('-', '_')).join('-')}.slice`;
}
