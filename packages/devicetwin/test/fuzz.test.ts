import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { DeviceSnapshot } from '@edgecore/devicetwin';
import { golden } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { added, type Rig, startRig } from './support.js';

/** Messages per run; `FUZZ_MESSAGES=1000000` for the long one. */
const MESSAGES = Number(process.env['FUZZ_MESSAGES'] ?? 6000);
const AT_ONCE = 200;

const corpus = (['2020', 'v1.23'] as const).flatMap((cloud) =>
  golden(cloud, 'device-lifecycle.mqtt.jsonl').map((line) =>
    String((line as { payloadText?: unknown }).payloadText),
  ),
);
const KEYS = ['power', 'temp', 'a', '__proto__', 'constructor', 'x y', '', 'ü', 'k'.repeat(200)];
const VALUES = ['ON', '21', '', 'a b', 'x'.repeat(600), '-9223372036854775809', '1e999', 'true', '\u0000'];
const TYPES = ['int', 'integer', 'float', 'boolean', 'string', 'deleted', '', 'Updated'];

const side = fc.oneof(
  { weight: 8, arbitrary: fc.record({ value: fc.constantFrom(...VALUES) }) },
  fc.record({ value: fc.anything() }),
  fc.constantFrom(null, {}, 7, [], { VALUE: 'case' }),
);
const version = fc.oneof(
  fc.record({ cloud: fc.integer(), edge: fc.integer({ min: 0, max: 3 }) }),
  fc.constantFrom(null, {}, { cloud: 1.5 }, { cloud: 2 ** 70 }),
);
const twin = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        expected: side,
        actual: side,
        optional: fc.constantFrom<unknown>(true, false, null, 'no'),
        metadata: fc.oneof(fc.record({ type: fc.constantFrom(...TYPES) }), fc.constantFrom(null, 3, {})),
        expected_version: version,
        actual_version: version,
      },
      { requiredKeys: [] },
    ),
  },
  fc.constantFrom(null, 5, 'twin', []),
);
const update = fc
  .record(
    {
      event_id: fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
      timestamp: fc.oneof(fc.integer(), fc.double(), fc.string()),
      twin: fc.oneof(
        { weight: 8, arbitrary: fc.dictionary(fc.constantFrom(...KEYS), twin, { noNullPrototype: true }) },
        fc.anything(),
      ),
      state: fc.oneof(fc.constantFrom('online', 'Offline', ''), fc.anything()),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value) ?? '');

/** A recorded payload with some of it cut, doubled or replaced. */
const mutated = fc
  .tuple(fc.constantFrom(...corpus), fc.nat(), fc.nat({ max: 40 }), fc.string({ maxLength: 12 }))
  .map(([text, at, length, insert]) => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + insert + text.slice(from + length);
  });
const payload = fc.oneof(
  { weight: 60, arbitrary: update },
  { weight: 30, arbitrary: mutated },
  { weight: 5, arbitrary: fc.string() },
  { weight: 5, arbitrary: fc.json() },
  fc.constant(`${'['.repeat(100_000)}`),
);

const device = fc.constantFrom('sensor', 'default/cam', 'ghost', 'device', 'events', '', '/', '+/#', 'a/b/c');
const topic = fc.oneof(
  { weight: 8, arbitrary: device.map((id) => `$hw/events/device/${id}/twin/update`) },
  { weight: 2, arbitrary: device.map((id) => `$hw/events/device/${id}/state/update`) },
  device.map((id) => `$hw/events/device/${id}/twin/get`),
  device.map((id) => `$hw/events/device/${id}/twin/cloud_updated`),
  fc.string().map((name) => `$hw/events/node/${name}/membership/get`),
  fc.string().map((rest) => `$hw/events/device/${rest}`),
  fc.string(),
);
const input = fc.tuple(topic, payload, fc.constantFrom('mqtt', 'mqtt', 'mqtt', 'cloud', 'object'));

async function feed(rig: Rig, [name, text, from]: [string, string, string]): Promise<void> {
  if (from === 'mqtt') return rig.mqtt(name, text);
  const message =
    from === 'cloud'
      ? { resource: 'device/sensor/twin/cloud_updated', content: text }
      : { source: 'meta', operation: 'update', resource: 'default/device/cam', content: text };
  await rig.hand(message);
}

/** What is on disk: an empty text is not told from none there. */
function stored(devices: readonly DeviceSnapshot[]) {
  return devices.map(({ pending: _pending, ...rest }) => ({
    ...rest,
    twins: Object.fromEntries(
      Object.entries(rest.twins).map(([key, { expected, actual, ...more }]) => [
        key,
        { ...more, ...(expected?.value ? { expected } : {}), ...(actual?.value ? { actual } : {}) },
      ]),
    ),
  }));
}

/** Memory in use, without what only waits to be collected. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test(
  `${MESSAGES} random and mutated messages: each is answered, none locks a device, disk and memory agree`,
  async () => {
    const rig = await startRig({ cloud: 'current', localCloudUpdated: true, desiredAsExpected: true });
    await rig.down({
      resource: 'membership',
      content: added('sensor', { power: { value: 'ON', cloud: 1 } }),
    });
    await rig.down({ resource: 'membership', content: added('default/cam') }, 'default/cam');
    let heap = 0;
    for (let done = 0; done < MESSAGES; done += AT_ONCE) {
      const inputs = fc.sample(input, { numRuns: AT_ONCE, seed: done + 1 });
      await Promise.all(inputs.map((one) => feed(rig, one)));
      rig.forget();
      if (done === AT_ONCE * 10) heap = liveBytes();
    }
    for (const id of ['sensor', 'default/cam']) {
      await rig.mqtt(`$hw/events/device/${id}/twin/update`, {
        event_id: 'alive',
        twin: { alive: { actual: { value: '1' } } },
      });
      expect(rig.twin.device(id)!.twins['alive']!.actual!.value).toBe('1');
    }
    // Two devices with a handful of keys: whatever came, there is not more to keep.
    expect(rig.twin.devices()).toHaveLength(2);
    expect(liveBytes() - heap).toBeLessThan(50 * 1_048_576);
    const before = stored(rig.twin.devices());
    const again = await rig.restart();
    expect(stored(again.twin.devices())).toEqual(before);
  },
  60_000 + MESSAGES * 5,
);
