import { eventually, startMosquitto } from '@edgecore/testing';
import { afterTest, type Rig, type RigOptions, startRig } from './rig.js';

/** EventBus with a broker devices can reach. */
export interface BrokerRig extends Rig {
  /** Where devices connect to. */
  readonly deviceUrl: string;
}

/** The same tests run on both. */
export const BROKERS: Readonly<
  Record<'embedded' | 'mosquitto', (options?: RigOptions) => Promise<BrokerRig>>
> = {
  async embedded(options) {
    const rig = await startRig({ mode: 'internal', ...options });
    return { ...rig, deviceUrl: await rig.url() };
  },
  async mosquitto(options) {
    const broker = await startMosquitto();
    afterTest(() => broker.kill());
    const rig = await startRig({ mode: 'external', externalServer: broker.url, ...options });
    await connected(rig);
    return { ...rig, deviceUrl: broker.url };
  },
};

/** Waits until the external broker is connected and subscribed. */
export async function connected(rig: Rig): Promise<void> {
  await eventually(() => rig.eventBus.health().state === 'ready', { what: 'the broker to be connected' });
}
