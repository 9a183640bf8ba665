import { eventually } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { added, type Rig, startRig } from './support.js';

const D = '$hw/events/device/sensor';
const emptyOutbox = (rig: Rig) =>
  eventually(async () => (await rig.count('edgecore_ts_outbox')) === 0, { what: 'an empty outbox' });
const values = (rig: Rig, key = 'n') =>
  rig.up
    .filter(({ resource }) => resource.endsWith('/edge_updated'))
    .map(
      ({ content }) =>
        (content as { twin: Record<string, { actual?: { value?: string } }> }).twin[key]?.actual?.value,
    );

async function withSensor(options: Parameters<typeof startRig>[0]): Promise<Rig> {
  const rig = await startRig(options);
  await rig.down({ resource: 'membership', content: added('sensor') });
  return rig;
}

const say = (rig: Rig, value: string | number, key = 'n') =>
  rig.mqtt(`${D}/twin/update`, { twin: { [key]: { actual: { value: String(value) } } } });

test('while one report is on its way the others wait, and are told as one', async () => {
  const rig = await withSensor({});
  rig.answer = () => undefined;
  await say(rig, 1);
  for (let n = 2; n <= 10; n += 1) await say(rig, n);
  expect(values(rig)).toEqual(['1']);
  expect(rig.twin.device('sensor')!.pending).toBe(true);
  rig.answer = () => 'OK';
  rig.confirm(rig.up[0]!);
  await emptyOutbox(rig);
  expect(values(rig)).toEqual(['1', '10']);
});

test('no confirmation: sent again with the value of then, under a new id', async () => {
  let asked = 0;
  const rig = await withSensor({
    cloud: 'current',
    reportTimeoutMs: 150,
    answer: () => {
      asked += 1;
      return asked === 1 ? undefined : 'OK';
    },
  });
  await say(rig, 1);
  await say(rig, 2);
  // The clock of the module stands still; the wait after a failure is counted by it.
  const clock = setInterval(() => {
    rig.clock += 1000;
  }, 20);
  await emptyOutbox(rig);
  clearInterval(clock);
  expect(values(rig).slice(0, 2)).toEqual(['1', '2']);
  expect(new Set(rig.up.map(({ id }) => id)).size).toBe(rig.up.length);
});

test('a shortest time between reports is kept per device', async () => {
  const rig = await withSensor({ reportMinIntervalMs: 200 });
  await say(rig, 0);
  await eventually(() => values(rig).length === 1, { what: 'the first report' });
  for (let n = 1; n <= 20; n += 1) await say(rig, n);
  expect(values(rig)).toEqual(['0']);
  rig.clock += 200;
  await emptyOutbox(rig);
  expect(values(rig)).toEqual(['0', '20']);
});

test('offline, killed, started again: the last values are told, deletions and wishes of the edge, too', async () => {
  const first = await withSensor({ connected: false });
  await say(first, 1);
  await say(first, 7);
  await first.mqtt(`${D}/twin/update`, { twin: { wish: { expected: { value: 'w' } } } });
  await first.mqtt(`${D}/twin/update`, { twin: { gone: { actual: { value: '1' } } } });
  await first.mqtt(`${D}/twin/update`, { twin: { gone: null } });
  await first.mqtt(`${D}/state/update`, { state: 'online' });
  expect(first.up).toEqual([]);
  const rig = await first.restart();
  await rig.down({ resource: 'membership', content: added('other') }, 'other');
  expect(rig.twin.device('sensor')!.pending).toBe(true);
  rig.link.set({ connected: true });
  await emptyOutbox(rig);
  const told = Object.assign(
    {},
    ...rig.up
      .filter(({ content }) => typeof content !== 'string')
      .map(({ content }) => (content as { twin: object }).twin),
  );
  expect(told).toMatchObject({
    n: { actual: { value: '7' }, actual_version: { edge: 2 } },
    wish: { expected: { value: 'w' } },
    gone: { actual: {}, metadata: { type: 'deleted' } },
  });
  expect(rig.up.filter(({ resource }) => resource === 'device/sensor/state')).toHaveLength(1);
  expect(rig.twin.device('sensor')!.pending).toBe(false);
});

test('each connection begins with all measured values and states', async () => {
  const rig = await withSensor({});
  await say(rig, 1, 'a');
  await say(rig, 2, 'b');
  await rig.mqtt(`${D}/state/update`, { state: 'ok' });
  await emptyOutbox(rig);
  rig.told();
  rig.link.set({ connected: false });
  rig.link.set({ connected: true });
  await eventually(() => rig.up.length >= 2, { what: 'the snapshot' });
  await rig.settled('sensor');
  const again = rig.told();
  expect(again.map(({ resource }) => resource).sort()).toEqual([
    'device/sensor/state',
    'device/sensor/twin/edge_updated',
  ]);
  expect(
    (again.find(({ content }) => typeof content === 'object')!.content as { twin: object }).twin,
  ).toMatchObject({
    a: { actual: { value: '1' } },
    b: { actual: { value: '2' } },
  });
  expect(rig.details).toHaveLength(2);
});

test('before the cloud is known nothing goes up', async () => {
  const rig = await withSensor({ cloud: 'undecided' });
  await say(rig, 1);
  await rig.settled('sensor');
  expect([...rig.up, ...rig.details]).toEqual([]);
});

test('a removed device takes its reports along', async () => {
  const rig = await withSensor({ answer: () => undefined });
  await say(rig, 1);
  await say(rig, 2);
  expect(await rig.count('edgecore_ts_outbox')).toBe(1);
  await rig.down({
    resource: 'membership',
    content: { added_devices: null, removed_devices: [{ id: 'sensor', name: 'sensor' }] },
  });
  expect(await rig.count('edgecore_ts_outbox')).toBe(0);
  const rows = await rig.store.outbox.list('twin');
  expect(rows).toEqual([]);
});

test('entries of devices that are gone do not stay after a start', async () => {
  const first = await startRig();
  await first.store.outbox.put('twin', 'twins/ghost', { n: 2 });
  const rig = await first.restart();
  expect(await rig.count('edgecore_ts_outbox')).toBe(0);
});

test('one silent device does not hold back the others', async () => {
  const rig = await startRig({
    answer: ({ resource }) => (resource.startsWith('device/mute/') ? undefined : 'OK'),
    maxReportsInFlight: 4,
  });
  await rig.down({ resource: 'membership', content: added('mute') }, 'mute');
  await rig.mqtt('$hw/events/device/mute/twin/update', { twin: { n: { actual: { value: '1' } } } });
  for (let n = 0; n < 20; n += 1) {
    await rig.down({ resource: 'membership', content: added(`d${n}`) }, `d${n}`);
    await rig.mqtt(`$hw/events/device/d${n}/twin/update`, { twin: { n: { actual: { value: '1' } } } });
  }
  await eventually(async () => (await rig.count('edgecore_ts_outbox')) === 1, {
    what: 'only the silent one left',
  });
  expect(rig.up).toHaveLength(21);
});
