import { EventBus } from '@edgecore/eventbus';
import { eventually, type Mosquitto, startMosquitto } from '@edgecore/testing';
import { afterEach, describe } from '@jest/globals';
import { connectAsync } from 'mqtt';
import { acceptanceCases } from '../../../packages/devicetwin/test/acceptance-cases.js';
import { type CarrierMaker, startRig } from '../../../packages/devicetwin/test/support.js';

/**
 * The acceptance cases of devices once more with a real client, a real broker
 * and EventBus in between: MQTT in, MQTT out, row, message to the cloud.
 */

const mosquittos: Mosquitto[] = [];
afterEach(async () => {
  for (const mosquitto of mosquittos.splice(0)) await mosquitto.kill();
});

const EVENTS = '$hw/events/#';

describe.each(['embedded', 'mosquitto'])('devices behind the %s broker', (broker) => {
  acceptanceCases(async (options) => {
    const mosquitto = broker === 'mosquitto' ? await startMosquitto() : undefined;
    if (mosquitto) mosquittos.push(mosquitto);
    let eventBus: EventBus | undefined;
    let heard: (topic: string, payload: string) => void = () => {};
    let publish: (topic: string, payload: string) => Promise<unknown> = async () => {};
    let close = async () => {};
    const carrier: CarrierMaker = (rig) => {
      heard = rig.heard;
      eventBus = new EventBus({
        store: rig.store,
        link: rig.link,
        nodeName: rig.nodeName,
        qos: 1,
        ...(mosquitto
          ? { mode: 'external', externalServer: mosquitto.url }
          : { mode: 'internal', internalServer: 'tcp://127.0.0.1:0' }),
      });
      rig.bus.add(eventBus);
      return {
        publish: async (topic, payload) => void (await publish(topic, payload)),
        close: () => close(),
      };
    };
    const rig = await startRig({
      ...options,
      carrier,
      async ready() {
        const url =
          mosquitto?.url ??
          (await eventually(() => eventBus?.endpoint?.url, { what: 'the embedded broker' }));
        await eventually(() => eventBus?.health().state === 'ready', { what: 'EventBus connected' });
        const client = await connectAsync(url);
        client.on('message', (topic, payload) => {
          if (!isQuestion(topic)) heard(topic, payload.toString());
        });
        await client.subscribeAsync(EVENTS, { qos: 1 });
        publish = (topic, payload) => client.publishAsync(topic, payload, { qos: 1 });
        close = () => client.endAsync(true);
      },
    });
    return rig;
  });
});

/** What the client says itself comes back to it, too. */
function isQuestion(topic: string): boolean {
  return /\/(twin\/(update|get|cloud_updated)|state\/update|membership\/get)$/.test(topic);
}
