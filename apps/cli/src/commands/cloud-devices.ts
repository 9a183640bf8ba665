import type { CloudDevice } from '@edgecore/minicloud';
import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { line } from '../io.js';
import { printable } from '../printable.js';
import type { CommandContext } from '../program.js';
import { table } from '../table.js';
import { type CloudOptions, call, DATA_DIR } from './cloud-call.js';

interface SetOptions extends CloudOptions {
  readonly namespace: string;
}

/** `cloud devices` and `cloud device set`. */
export function addDeviceCommands(cloud: Command, { io }: CommandContext): void {
  cloud
    .command('devices')
    .description('list devices: what is wanted of each property, what was reported')
    .option(...DATA_DIR)
    .option('--json', 'all that is known of them')
    .action(async (options: CloudOptions & { json?: boolean }) => {
      const devices = await call<CloudDevice[]>(options, { path: '/devices' });
      line(io.stdout, options.json ? JSON.stringify(devices, null, 2) : deviceTable(devices));
    });
  cloud
    .command('device')
    .description('change a device')
    .command('set')
    .argument('<name>')
    .argument('<property=value>', 'what is wanted of the property from now on')
    .description('change the wanted value of a property')
    .option('-n, --namespace <namespace>', 'of the device', 'default')
    .option(...DATA_DIR)
    .addHelpText('after', '\nExample:\n  edgecore cloud device set thermometer temperature=24')
    .action(async (name: string, wish: string, options: SetOptions) => {
      const at = wish.indexOf('=');
      if (at < 1) throw new CliError(`"${wish}" is not <property>=<value>`);
      const [property, value] = [wish.slice(0, at), wish.slice(at + 1)];
      const path = `/devices/${[options.namespace, name, 'desired', property].map(encodeURIComponent).join('/')}`;
      await call(options, { method: 'PUT', path, body: JSON.stringify({ value }) });
      line(io.stdout, `Device ${options.namespace}/${name}: ${property} shall be "${printable(value)}"`);
    });
}

/** Devices for people, one line for each property. */
export function deviceTable(devices: readonly CloudDevice[]): string {
  const rows = devices.flatMap(({ namespace, name, node, state, properties }) => {
    const device = [namespace, name, node || '(no node yet)', printable(state) || '-'];
    const lines = Object.entries(properties).map(([property, { desired, reported }]) => [
      property,
      printable(desired) || '-',
      reported ? printable(reported.value) : '-',
    ]);
    return lines.length === 0 ? [device] : lines.map((cells) => [...device, ...cells]);
  });
  return rows.length === 0
    ? 'No devices.'
    : table([['NAMESPACE', 'DEVICE', 'NODE', 'STATE', 'PROPERTY', 'WANTED', 'REPORTED'], ...rows]);
}
