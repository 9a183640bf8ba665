import { spawnSync } from 'node:child_process';

/** `kubectl` of 1.29 or later is on the path; tests with it are skipped else. */
export const hasKubectl = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0;
