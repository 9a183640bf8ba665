import { networkInterfaces } from 'node:os';
import { attempt, type RunCommand } from './command.js';

/** Where listeners and the DNS are. */
export interface ListenAddress {
  readonly address: string;
  /** Name of the interface to be made for it; `undefined` when somebody else's has it. */
  readonly make: string | undefined;
}

/** Interface and address of our own, for machines without the one configured (edgemesh.md §12.1). */
export const OWN_INTERFACE = 'edgemesh0';
export const OWN_ADDRESS = '169.254.96.16';

type Interfaces = ReturnType<typeof networkInterfaces>;

/** First IPv4 address of the interface, else one of our own. */
export function chooseListenAddress(
  interfaceName: string,
  interfaces: Interfaces = networkInterfaces(),
): ListenAddress {
  const found = interfaces[interfaceName]?.find(({ family }) => family === 'IPv4');
  if (found && interfaceName !== OWN_INTERFACE) return { address: found.address, make: undefined };
  return { address: OWN_ADDRESS, make: OWN_INTERFACE };
}

/** Makes the interface, also over one an earlier run left. @throws {CommandError} */
export async function makeInterface(run: RunCommand, { address, make }: ListenAddress): Promise<void> {
  if (make === undefined) return;
  await removeInterface(run);
  // Small kernels have no dummy devices.
  if (!(await attempt(run, 'ip', ['link', 'add', make, 'type', 'dummy']))) {
    await run('ip', ['link', 'add', make, 'type', 'bridge']);
  }
  await run('ip', ['addr', 'add', `${address}/32`, 'dev', make]);
  await run('ip', ['link', 'set', make, 'up']);
}

export async function removeInterface(run: RunCommand): Promise<void> {
  await attempt(run, 'ip', ['link', 'del', OWN_INTERFACE]);
}
