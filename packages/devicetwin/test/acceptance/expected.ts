import { eventually } from '@edgecore/testing';
import { expect } from '@jest/globals';
import { added, type Rig, type RigOptions } from '../support.js';

/** Starts the module with whatever carries the messages of devices. */
export type RigStarter = (options?: RigOptions) => Promise<Rig>;

export const U: unknown = expect.stringMatching(
  /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
);
export const D = '$hw/events/device/sensor';
export const T0 = 1_592_600_000_000;
export const meta = { type: 'string' };
export const at = (timestamp: number) => ({ timestamp });

/** Waits until the cloud has got so many messages since the last look. */
export async function told(rig: Rig, count: number) {
  const from = rig.up.length - rig.told().length;
  await eventually(() => rig.up.length - from >= count, { what: `${count} messages to the cloud` });
  rig.told();
  return rig.up.slice(from);
}

export const twinIn = (message: { content: unknown }) => (message.content as { twin: unknown }).twin;

/** A rig that knows the device `sensor` with the twin `power`, wished `ON` with cloud version 100. */
export async function sensorOn(startRig: RigStarter): Promise<Rig> {
  const rig = await startRig();
  await rig.down({
    resource: 'membership',
    content: added('sensor', { power: { value: 'ON', cloud: 100 } }),
  });
  rig.said();
  return rig;
}
