import { execFileSync } from 'node:child_process';
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

/** First IPv4 address of the interface, else one of our own. */
export function chooseListenAddress(
  interfaceName: string,
  addressOf: (interfaceName: string) => string | undefined = firstAddress,
): ListenAddress {
  const found = interfaceName === OWN_INTERFACE ? undefined : addressOf(interfaceName);
  if (found !== undefined) return { address: found, make: undefined };
  return { address: OWN_ADDRESS, make: OWN_INTERFACE };
}

/** Not Node's own list: it leaves out bridges without a running container. */
function firstAddress(interfaceName: string): string | undefined {
  try {
    const output = execFileSync('ip', ['-o', '-4', 'addr', 'show', 'dev', interfaceName], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    });
    return / inet (\d+\.\d+\.\d+\.\d+)/.exec(output)?.[1];
  } catch {
    return undefined;
  }
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
