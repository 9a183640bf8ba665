import { rmSync } from 'node:fs';
import { eventually } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { D, sensorOn } from './acceptance/expected.js';
import { added, type Rig, startRig, wish } from './support.js';

const sensor = () => sensorOn(startRig);

/** Fails every write until it is taken back, as a full disk does. */
function fillDisk(rig: Rig): () => void {
  const { write } = rig.store;
  rig.store.write = async (...statements) => {
    // Really too large for the file: the error is SQLite's own.
    const db = new Sqlite(':memory:');
    db.pragma('max_page_count = 1');
    try {
      db.exec('CREATE TABLE full (a)');
    } catch (error) {
      throw Object.assign(new Error('database or disk is full'), { code: (error as { code: string }).code });
    } finally {
      db.close();
    }
    return write.apply(rig.store, statements);
  };
  return () => {
    rig.store.write = write;
  };
}

test('21: a database locked by another program: an error or a late success, never a success without a row', async () => {
  const rig = await sensor();
  const other = new Sqlite(rig.store.path);
  other.exec('BEGIN IMMEDIATE');
  const update = rig.mqtt(`${D}/twin/update`, {
    event_id: 'locked',
    twin: { power: { actual: { value: 'OFF' } } },
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  other.exec('ROLLBACK');
  other.close();
  await update;
  const [result] = rig.said();
  const row = await rig.row('sensor', 'power');
  if (result!.payload['code'] === undefined) expect(row).toMatchObject({ actual: 'OFF' });
  else expect([result!.payload['code'], row!['actual']]).toEqual([500, '']);
});

test('a full disk: the device is told 500 with the reason, nothing changes, and it works again afterwards', async () => {
  const rig = await sensor();
  const before = rig.twin.device('sensor');
  const empty = fillDisk(rig);
  await rig.mqtt(`${D}/twin/update`, { event_id: 'full', twin: { power: { actual: { value: 'OFF' } } } });
  await rig.mqtt(`${D}/state/update`, { event_id: 'state', state: 'online' });
  expect(rig.said()).toMatchObject([
    {
      topic: `${D}/twin/update/result`,
      payload: { event_id: 'full', code: 500, reason: expect.stringContaining('full') },
    },
    { topic: `${D}/state/update/result`, payload: { event_id: 'state', code: 500 } },
  ]);
  expect(rig.twin.device('sensor')).toEqual(before);
  expect(rig.up).toEqual([]);
  empty();
  await rig.mqtt(`${D}/twin/update`, { event_id: 'room', twin: { power: { actual: { value: 'OFF' } } } });
  expect(rig.said()[0]).toMatchObject({ payload: { event_id: 'room', twin: { power: {} } } });
  // The mark of the failed unit is written with this one.
  await eventually(() => rig.up.length === 1, { what: 'the report' });
  await eventually(async () => (await rig.count('edgecore_ts_outbox')) === 0, { what: 'an empty outbox' });
});

test('what the cloud says while nothing can be stored is not lost, and keeps its order', async () => {
  const rig = await sensor();
  const empty = fillDisk(rig);
  await rig.down(
    { resource: 'device/sensor/twin/cloud_updated', content: wish('power', 'OFF', 120) },
    'another',
  );
  await rig.down({ resource: 'membership', content: added('cam') }, 'another');
  await rig.down(
    { resource: 'device/sensor/twin/cloud_updated', content: wish('power', 'AUTO', 130) },
    'another',
  );
  expect(rig.twin.device('cam')).toBeUndefined();
  empty();
  await eventually(() => rig.twin.device('cam') !== undefined, { what: 'the added device' });
  await eventually(() => rig.twin.device('sensor')!.twins['power']!.expected!.value === 'AUTO', {
    what: 'the last wish',
  });
  expect(await rig.row('sensor', 'power')).toMatchObject({ expected_version: '{"cloud":130,"edge":0}' });
  const documents = rig.said().filter(({ topic }) => topic === `${D}/twin/update/document`);
  expect(
    documents.map(
      ({ payload }) =>
        (payload as { twin: { power: { current: { expected: { value: string } } } } }).twin.power.current
          .expected.value,
    ),
  ).toEqual(['OFF', 'AUTO']);
});

test('a stop ends what can never be stored', async () => {
  const rig = await sensor();
  fillDisk(rig);
  await rig.down({ resource: 'membership', content: added('cam') }, 'another');
  await rig.stop();
  expect(rig.complaints.map(({ text }) => text)).toContain('not stored before the end');
});

test('a unit is on disk before its result is heard', async () => {
  const rig = await sensor();
  const reader = new Sqlite(rig.store.path, { readonly: true });
  for (let n = 1; n <= 50; n += 1) {
    await rig.mqtt(`${D}/twin/update`, {
      event_id: `n${n}`,
      twin: { power: { actual: { value: String(n) } } },
    });
    const row = reader.prepare("SELECT actual FROM device_twin WHERE name = 'power'").get() as {
      actual: string;
    };
    expect(row.actual).toBe(String(n));
  }
  reader.close();
});

test('a database file that is gone under it is an error like another', async () => {
  const rig = await sensor();
  rmSync(rig.store.path);
  await rig.mqtt(`${D}/twin/update`, { event_id: 'gone', twin: { power: { actual: { value: 'OFF' } } } });
  expect(rig.said()[0]).toMatchObject({ topic: `${D}/twin/update/result` });
});

test('rows of a Go edge: NULLs, missing metadata, a doubled row, broken JSON', async () => {
  const first = await startRig();
  const { db } = first.store;
  await first.store.write(
    db
      .insertInto('device')
      .values({ id: 'led-1', name: 'led-1', description: null, state: null, last_online: null }),
    ...[
      { name: 'power', expected: 'OFF', expected_version: '{"cloud":5,"edge":0}', attr_type: 'string' },
      { name: 'power', expected: 'ON', expected_version: '{"cloud":7,"edge":0}', attr_type: 'string' },
      { name: 'temp', actual: '21', actual_meta: '{"timestamp":', actual_version: 'x', attr_type: 'int' },
      { name: 'gone', actual: null, attr_type: 'deleted', actual_version: '{"cloud":0,"edge":3}' },
    ].map((row) => db.insertInto('device_twin').values({ deviceid: 'led-1', ...row })),
  );
  const rig = await first.restart();
  expect(rig.twin.device('led-1')).toMatchObject({
    description: '',
    state: '',
    twins: {
      power: { expected: { value: 'ON', version: { cloud: 7, edge: 0 } } },
      temp: { actual: { value: '21', version: { cloud: 0, edge: 0 } }, type: 'int' },
    },
  });
  expect(Object.keys(rig.twin.device('led-1')!.twins)).toEqual(['power', 'temp']);
  await rig.mqtt('$hw/events/device/led-1/twin/update', { twin: { gone: { actual: { value: '1' } } } });
  expect(await rig.row('led-1', 'gone')).toMatchObject({
    attr_type: 'string',
    actual_version: '{"cloud":0,"edge":4}',
  });
});
