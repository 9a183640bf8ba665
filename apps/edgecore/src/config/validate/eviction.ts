import { parseDuration } from '../duration.js';
import { parseBytes } from '../quantity.js';
import type { Checker } from './report.js';

const KUBELET = 'modules.edged.tailoredKubeletConfig';

const SIGNALS: ReadonlySet<string> = new Set([
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
]);

/** Thresholds of eviction: a mistyped one would protect nothing. */
export function checkEviction(check: Checker): void {
  const { reader } = check;
  for (const key of ['evictionHard', 'evictionSoft', 'evictionMinimumReclaim']) {
    for (const [signal, value] of Object.entries(reader.map(`${KUBELET}.${key}`))) {
      const path = `${KUBELET}.${key}`;
      if (!checkSignal(check, path, signal)) continue;
      const percent = /^(\d+(?:\.\d+)?)%$/.exec(value.trim())?.[1];
      const readable = percent === undefined ? parseBytes(value) !== undefined : Number(percent) <= 100;
      if (!readable)
        check.error(path, `${signal}: "${value}" is neither an amount such as 100Mi nor a share such as 10%`);
    }
  }
  const grace = reader.map(`${KUBELET}.evictionSoftGracePeriod`);
  for (const [signal, value] of Object.entries(grace)) {
    const path = `${KUBELET}.evictionSoftGracePeriod`;
    if (!checkSignal(check, path, signal)) continue;
    const ms = parseDuration(value);
    if (ms === undefined || ms < 0)
      check.error(path, `${signal}: "${value}" is not a duration such as 1m30s`);
  }
  for (const signal of Object.keys(reader.map(`${KUBELET}.evictionSoft`))) {
    if (grace[signal] !== undefined) continue;
    check.error(
      `${KUBELET}.evictionSoft`,
      `${signal}: a soft threshold needs a grace period: set evictionSoftGracePeriod.${signal}, or use evictionHard`,
    );
  }
  check.atLeast(`${KUBELET}.evictionMaxPodGracePeriod`, 0);
}

function checkSignal(check: Checker, path: string, signal: string): boolean {
  if (SIGNALS.has(signal)) return true;
  check.error(path, `"${signal}" is not a signal; they are ${[...SIGNALS].join(', ')}`);
  return false;
}
