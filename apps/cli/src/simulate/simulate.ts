import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentStatus } from '@edgecore/edgecore';
import { CliError } from '../errors.js';
import { type CliIo, line } from '../io.js';
import { nodeRequest } from '../node/node-client.js';
import { findNodeSocket, type NodeOptions } from '../node/node-socket.js';
import { thermostat } from './thermostat.js';

export interface SimulateOptions extends NodeOptions {
  readonly broker?: string;
  /** Milliseconds between two reports. */
  readonly interval: number;
}

/** Plays a thermostat until a signal ends it. */
export async function simulate(deviceId: string, options: SimulateOptions, io: CliIo): Promise<void> {
  const broker = options.broker ?? (await brokerOf(options, io));
  const end = new AbortController();
  const stop = () => end.abort();
  for (const name of SIGNALS) process.once(name, stop);
  // Whoever started it with a channel has gone.
  process.once('disconnect', stop);
  io.signal?.addEventListener('abort', stop, { once: true });
  const device = thermostat({
    broker,
    deviceId,
    intervalMs: options.interval,
    onSetpoint: (degrees) => line(io.stdout, `${deviceId}: set to ${degrees}`),
  });
  try {
    await device.start();
    line(io.stdout, `${deviceId} is played over ${broker}; Ctrl-C ends it`);
    if (!end.signal.aborted) {
      await new Promise<void>((resolve) =>
        end.signal.addEventListener('abort', () => resolve(), { once: true }),
      );
    }
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
    process.off('disconnect', stop);
    if (process.connected) process.disconnect();
    await device.stop();
  }
}

const TRIES = 20;
const PAUSE_MS = 250;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The node may only just have started: its broker is waited for. */
async function brokerOf(options: SimulateOptions, io: CliIo): Promise<string> {
  const socket = await findNodeSocket(options, io.env);
  for (let tries = 1; ; tries += 1) {
    const { mqtt } = JSON.parse(await nodeRequest(socket, '/status')) as AgentStatus;
    if (mqtt !== undefined) return mqtt;
    if (tries === TRIES) {
      throw new CliError('the node has no MQTT broker of its own: name the one it uses with --broker');
    }
    await sleep(PAUSE_MS);
  }
}
