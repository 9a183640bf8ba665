import { type ChildProcess, spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXAMPLE_DEVICE, THERMOSTAT_MANIFEST } from './example.js';
import type { EmbeddedPaths } from './paths.js';

/** Something to end. */
export interface ExampleDevice {
  stop(): Promise<void>;
}

export type DeviceStarter = (paths: EmbeddedPaths) => ExampleDevice;

/** Is the example's device among the manifests? Its owner may have deleted it. */
export async function hasExampleDevice({ manifests }: EmbeddedPaths): Promise<boolean> {
  return access(join(manifests, THERMOSTAT_MANIFEST)).then(
    () => true,
    () => false,
  );
}

/**
 * Plays the device in a process of its own, as a real one would be: the agent's
 * figures stay its own. `edgecore device simulate` does the same by hand.
 */
export const spawnExampleDevice: DeviceStarter = ({ root }) => {
  // Built beside this file, whichever chunk this is in.
  const program = fileURLToPath(new URL('./main.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [program, 'device', 'simulate', EXAMPLE_DEVICE, '--data-dir', root, '--interval', '2000'],
    // The channel ends with this process, however that ends, and the device with the channel.
    { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
  );
  return { stop: () => ended(child) };
};

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
  await gone;
  clearTimeout(timer);
}
