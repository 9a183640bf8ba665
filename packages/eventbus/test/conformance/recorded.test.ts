import { eventually, golden, goldenHub, withMosquitto } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { BROKERS } from '../support/brokers.js';
import { connectDevice, topicOf } from '../support/rig.js';

type Cloud = Parameters<typeof golden>[0];

/** What the Go edge publishes itself; all else was published by devices and applications. */
const OF_THE_EDGE = /\/(?:result|document|delta|updated)$/;

interface Recorded {
  readonly topic: string;
  readonly text: string;
}

function published(cloud: Cloud, file: string): Recorded[] {
  return golden(cloud, file).map((line) => ({
    topic: String(line['topic']),
    text: String(line['payloadText']),
  }));
}

/** Uploads of the recording as they are sent today: 2020's have the topic in base64 (eventbus.md §4). */
function uploads(cloud: Cloud, file: string) {
  return goldenHub(cloud, file)
    .filter(({ dir, message }) => dir === 'up' && message.route.source === 'bus')
    .map(({ message }) => ({ ...message.route, content: message.content }))
    .map(({ resource = '', ...route }) => ({
      ...route,
      operation: 'upload',
      resource: resource.includes('/') ? resource : Buffer.from(resource, 'base64').toString(),
    }));
}

function recordings(start: (typeof BROKERS)['embedded']): void {
  test.each<[Cloud, string]>([
    ['2020', 'device-lifecycle'],
    ['2020', 'device-lifecycle-external'],
    ['v1.23', 'device-lifecycle'],
  ])('%s %s: what devices publish goes where it went', async (cloud, file) => {
    const rig = await start();
    const device = await connectDevice(rig.deviceUrl);
    const input = published(cloud, `${file}.mqtt.jsonl`).filter(({ topic }) => !OF_THE_EDGE.test(topic));
    expect(input.length).toBeGreaterThan(8);
    for (const { topic, text } of input) await device.client.publishAsync(topic, text, { qos: 1 });
    const forTwin = input.filter(({ topic }) => /^\$hw\/events\/(device|node)\//.test(topic));
    const expected = uploads(cloud, `${file}.jsonl`);
    expect(expected).toHaveLength(2);
    await eventually(() => rig.twin.length >= forTwin.length && rig.up.length >= expected.length);
    expect(rig.twin.map((message) => ({ topic: topicOf(message), text: message.content }))).toEqual(forTwin);
    expect(
      rig.up.map(({ source, group, operation, resource, content }) => ({
        source,
        group,
        operation,
        resource,
        content,
      })),
    ).toEqual(expected);
  });

  test('v1.23 router: the rules of the cloud', async () => {
    const rig = await start();
    const device = await connectDevice(rig.deviceUrl, { filters: ['test'] });
    const down = goldenHub('v1.23', 'router.jsonl').filter(
      ({ dir, message }) => dir === 'down' && message.route.source === 'router_eventbus',
    );
    expect(down.map(({ message }) => message.route.operation)).toEqual(['subscribe', 'publish']);
    for (const { message } of down) await rig.send({ ...message.route, content: message.content });
    const [fromCloud, ...fromDevice] = published('v1.23', 'router.mqtt.jsonl');
    await eventually(() => device.got.length === 1);
    expect(device.got).toMatchObject([fromCloud!]);
    for (const { topic, text } of fromDevice) await device.client.publishAsync(topic, text, { qos: 1 });
    const expected = uploads('v1.23', 'router.jsonl');
    await eventually(() => rig.up.length >= expected.length);
    expect(rig.up).toMatchObject(expected);
    expect(rig.up).toHaveLength(1);
  });
}

describe('embedded broker', () => recordings(BROKERS.embedded));
withMosquitto()('mosquitto', () => recordings(BROKERS.mosquitto));
