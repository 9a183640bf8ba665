import type { DeviceSnapshot } from '@edgecore/edgecore';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { RemovedDevice } from '../device-table.js';
import { line } from '../io.js';
import { nodeLines, nodeRequest } from '../node/node-client.js';
import { CONFIG_OPTION, DATA_DIR_OPTION, findNodeSocket, type NodeOptions } from '../node/node-socket.js';
import type { CommandContext } from '../program.js';
import type { SimulateOptions } from '../simulate/simulate.js';

interface DeviceOptions extends NodeOptions {
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  edgecore device list
  edgecore device get default/thermometer
  edgecore device watch --json | jq .id
  edgecore device simulate default/thermostat`;

export function addDeviceCommand(program: Command, context: CommandContext): void {
  const device = program
    .command('device')
    .description('the devices of the node that runs on this machine')
    .addHelpText('after', EXAMPLES);
  add(device, 'list', 'all devices: state, properties, what the cloud waits for')
    .option('--json', 'as JSON')
    .action((options: DeviceOptions) => list(options, context));
  add(device, 'get', 'one device: what is expected of each property, what was measured, and when')
    .argument('<id>', '<namespace>/<name>, or one word with clouds of 2020')
    .option('--json', 'as JSON')
    .action((id: string, options: DeviceOptions) => get(id, options, context));
  add(device, 'watch', 'devices as they are, then each change until interrupted')
    .argument('[id]', 'only this one; it need not exist yet')
    .option('--json', 'one JSON object a line; a removed device is {"id", "removed": true}')
    .action((id: string | undefined, options: DeviceOptions) => watch(id, options, context));
  add(device, 'simulate', 'plays a thermostat over MQTT: for trying things out without one')
    .argument('<id>', 'a device of the node with the properties temperature and setpoint')
    .option('--broker <url>', 'the MQTT broker (default: the one of the node)')
    .addOption(new Option('--interval <ms>', 'between two reports').argParser(milliseconds).default(5000))
    .action(async (id: string, options: SimulateOptions) => {
      const { simulate } = await import('../simulate/simulate.js');
      await simulate(id, options, context.io);
    });
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 100) return value;
  throw new InvalidArgumentError('it must be a number of milliseconds, 100 or more.');
}

function add(device: Command, name: string, description: string): Command {
  return device
    .command(name)
    .description(description)
    .option(...CONFIG_OPTION)
    .option(...DATA_DIR_OPTION);
}

async function list(options: DeviceOptions, { io }: CommandContext): Promise<void> {
  const text = await nodeRequest(await findNodeSocket(options, io.env), '/devices');
  if (options.json) io.stdout.write(text);
  else {
    const { formatDevices } = await import('../device-table.js');
    line(io.stdout, formatDevices(JSON.parse(text) as DeviceSnapshot[], Date.now()));
  }
}

async function get(id: string, options: DeviceOptions, { io }: CommandContext): Promise<void> {
  const text = await nodeRequest(await findNodeSocket(options, io.env), pathOf(id));
  if (options.json) io.stdout.write(text);
  else {
    const { formatDevice } = await import('../device-table.js');
    line(io.stdout, formatDevice(JSON.parse(text) as DeviceSnapshot, Date.now()));
  }
}

async function watch(id: string | undefined, options: DeviceOptions, { io }: CommandContext): Promise<void> {
  const { formatChange } = await import('../device-table.js');
  const socket = await findNodeSocket(options, io.env);
  const path = `${id === undefined ? '/devices' : pathOf(id)}?watch=true`;
  for await (const text of nodeLines(socket, path, io.signal)) {
    line(
      io.stdout,
      options.json ? text : formatChange(JSON.parse(text) as DeviceSnapshot | RemovedDevice, Date.now()),
    );
    // Whoever read it has gone.
    if (io.stdout.writable === false) return;
  }
}

function pathOf(id: string): string {
  return `/devices/${encodeURIComponent(id)}`;
}
