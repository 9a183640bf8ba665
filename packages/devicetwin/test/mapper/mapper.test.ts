import type { EdgeCoreError } from '@edgecore/api';
import { eventually, freePort } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { createMapper, type Mapper, type MapperOptions, type Properties } from '../../src/mapper/index.js';
import { aedesBroker, atEnd, FakeTwin, MOSQUITTO, mosquittoBroker, type TestBroker } from './support.js';

const DEVICE = 'default/thermostat';

interface Rig {
  readonly broker: TestBroker;
  readonly twin: FakeTwin;
  readonly errors: EdgeCoreError[];
  /** A mapper of the device that ends with the test; retries are quick. */
  make<const P extends Properties>(options: Partial<MapperOptions<P>> & { properties: P }): Mapper<P>;
}

async function rig({ makeBroker = aedesBroker, deviceId = DEVICE } = {}): Promise<Rig> {
  const broker = await makeBroker();
  const twin = await FakeTwin.start(broker.url, deviceId);
  const errors: EdgeCoreError[] = [];
  return {
    broker,
    twin,
    errors,
    make: (options) => {
      const mapper = createMapper({
        broker: broker.url,
        deviceId,
        retryMs: 20,
        onError: (error) => errors.push(error),
        ...options,
      });
      atEnd(() => mapper.stop());
      return mapper;
    },
  };
}

const brokers: [string, (() => Promise<TestBroker>) | undefined][] = [
  ['aedes', aedesBroker],
  ['mosquitto', MOSQUITTO ? mosquittoBroker : undefined],
];

describe.each(brokers)('a mapper on %s', (_, makeBroker) => {
  (makeBroker ? test : test.skip)(
    'reports, follows what the cloud wants, says online and offline',
    async () => {
      const { twin, make } = await rig({ makeBroker: makeBroker! });
      let setpoint = 20;
      const mapper = make({
        properties: { temperature: { type: 'float' }, setpoint: { type: 'int' }, name: { type: 'string' } },
        read: () => ({ temperature: 21.5, setpoint }),
        write: (changes) => {
          setpoint = changes.setpoint ?? setpoint;
        },
      });
      await mapper.start();
      await eventually(() => twin.twins['temperature']?.actual === '21.5');
      expect(twin.twins).toEqual({
        temperature: { actual: '21.5', type: 'float' },
        setpoint: { actual: '20', type: 'int' },
      });
      twin.want('setpoint', '24');
      // Read again at once, not after the interval.
      await eventually(() => twin.twins['setpoint']?.actual === '24');
      expect(setpoint).toBe(24);
      await mapper.stop();
      await eventually(() => twin.states.length === 2);
      expect(twin.states).toEqual(['online', 'offline']);
    },
  );
});

describe('a mapper', () => {
  const properties = { temperature: { type: 'float' }, power: { type: 'boolean' } } as const;

  test('works with an id of the clouds of 2020', async () => {
    const { twin, make } = await rig({ deviceId: 'sensor' });
    const mapper = make({ properties, deviceId: 'sensor' });
    await mapper.start();
    mapper.report({ power: true });
    await eventually(() => twin.twins['power']?.actual === 'true');
  });

  test('does at its start what the cloud wanted while it was away', async () => {
    const { twin, make } = await rig();
    Object.assign(twin.twins, {
      temperature: { expected: '25', actual: '20' },
      power: { expected: 'true', actual: 'true' },
      other: { expected: 'x' },
    });
    const written: object[] = [];
    await make({
      properties,
      write: (changes) => {
        written.push(changes);
      },
    }).start();
    await eventually(() => written.length === 1);
    expect(written).toEqual([{ temperature: 25 }]);
  });

  test('keeps only the last value of each property until the agent has it', async () => {
    const { twin, make } = await rig();
    const mapper = make({ properties, answerTimeoutMs: 30 });
    for (let value = 0; value < 1000; value++) mapper.report({ temperature: value });
    mapper.report({ power: false });
    let silent = 2;
    twin.refuse = (what) => (what === 'update' && silent-- > 0 ? 'silent' : undefined);
    await mapper.start();
    await eventually(() => twin.twins['power']?.actual === 'false');
    expect(twin.updates()).toHaveLength(3);
    expect(twin.updates()[0]).toEqual({
      temperature: { actual: { value: '999' }, metadata: { type: 'float' } },
      power: { actual: { value: 'false' }, metadata: { type: 'boolean' } },
    });
    const ids = twin.seen
      .filter(({ topic }) => topic.endsWith('/twin/update'))
      .map(({ body }) => body['event_id']);
    expect(new Set(ids).size).toBe(3);
  });

  test('waits for a broker that is not there yet, and says so', async () => {
    const url = `mqtt://127.0.0.1:${await freePort()}`;
    const errors: EdgeCoreError[] = [];
    const mapper = createMapper({
      broker: url,
      deviceId: DEVICE,
      properties,
      retryMs: 20,
      onError: (error) => errors.push(error),
    });
    const started = mapper.start();
    await eventually(() => errors.length > 1);
    expect(errors[0]).toMatchObject({ code: 'ERR_MAPPER_CONNECTION', broker: url });
    await mapper.stop();
    await started;
  });

  test('is offline when its connection is lost, and comes back with what was not confirmed', async () => {
    const { broker, twin, make } = await rig();
    const mapper = make({ properties });
    await mapper.start();
    await eventually(() => twin.states.length === 1);
    twin.refuse = (what) => (what === 'update' ? 'silent' : undefined);
    mapper.report({ temperature: 1 });
    await eventually(() => twin.updates().length === 1);
    broker.cut?.();
    twin.refuse = () => undefined;
    mapper.report({ power: true });
    await eventually(
      () => twin.twins['temperature']?.actual === '1' && twin.twins['power']?.actual === 'true',
    );
    await eventually(() => twin.states.length === 3);
    // The second is its will.
    expect(twin.states).toEqual(['online', 'offline', 'online']);
  });

  test('ends by a signal, with the states it is told to say', async () => {
    const { twin, make } = await rig();
    const controller = new AbortController();
    await make({
      properties,
      state: { online: 'ok', offline: 'disconnected' },
      signal: controller.signal,
    }).start();
    await eventually(() => twin.states.length === 1);
    controller.abort();
    await eventually(() => twin.states.length === 2);
    expect(twin.states).toEqual(['ok', 'disconnected']);
  });

  test('says no state when told so', async () => {
    const { twin, make } = await rig();
    const mapper = make({ properties, state: false });
    await mapper.start();
    mapper.report({ power: true });
    await mapper.stop();
    expect(twin.twins['power']?.actual).toBe('true');
    expect(twin.states).toEqual([]);
  });

  test('tells the error of a device the agent does not know once, and reports when it does', async () => {
    const { twin, errors, make } = await rig();
    let asked = 0;
    twin.refuse = () => {
      asked++;
      return 404;
    };
    const mapper = make({ properties });
    mapper.report({ temperature: 3 });
    await mapper.start();
    await eventually(() => asked > 8);
    expect(errors.map(({ code }) => code)).toEqual([
      'ERR_MAPPER_REFUSED',
      'ERR_MAPPER_REFUSED',
      'ERR_MAPPER_REFUSED',
    ]);
    expect(errors).toContainEqual(
      expect.objectContaining({ status: 404, deviceId: DEVICE, properties: ['temperature'] }),
    );
    twin.refuse = () => undefined;
    await eventually(() => twin.twins['temperature']?.actual === '3' && twin.states.at(-1) === 'online');
  });

  test('gives up the one value the agent refuses, not those beside it', async () => {
    const { twin, errors, make } = await rig();
    twin.refuse = (what, values) => (what === 'update' && 'power' in values ? 400 : undefined);
    const mapper = make({ properties });
    mapper.report({ temperature: 3, power: true });
    await mapper.start();
    await eventually(() => twin.twins['temperature']?.actual === '3' && errors.length === 1);
    expect(errors).toMatchObject([
      { code: 'ERR_MAPPER_REFUSED', status: 400, properties: ['power'], message: `${DEVICE}: no (400)` },
    ]);
    expect(twin.updates()).toHaveLength(3);
  });

  test('goes on when the agent could not store', async () => {
    const { twin, errors, make } = await rig();
    let failures = 2;
    twin.refuse = (what) => (what === 'update' && failures-- > 0 ? 500 : undefined);
    const mapper = make({ properties });
    await mapper.start();
    mapper.report({ temperature: 3 });
    await eventually(() => twin.twins['temperature']?.actual === '3');
    expect(errors).toMatchObject([{ status: 500 }]);
  });

  test('goes on when read and write throw, or the wanted value is none', async () => {
    const { twin, errors, make } = await rig();
    let reads = 0;
    await make({
      properties,
      intervalMs: 10,
      read: async () => {
        if (++reads === 1) throw new Error('no sensor');
        return reads === 2 ? { temperature: Number.NaN } : { temperature: reads };
      },
      write: (changes) => {
        if ('power' in changes) throw new Error('stuck');
      },
    }).start();
    await eventually(() => twin.twins['temperature']?.actual);
    twin.publish('/twin/update/delta', { delta: { power: 'maybe', temperature: 7, other: 'x' } });
    twin.publish('/twin/update/delta', { delta: { power: 'true' } });
    await eventually(() => errors.length === 4);
    expect(errors.map(({ code }) => code)).toEqual([
      'ERR_MAPPER_CALLBACK',
      'ERR_MAPPER_VALUE',
      'ERR_MAPPER_VALUE',
      'ERR_MAPPER_CALLBACK',
    ]);
    expect(errors[3]?.cause).toMatchObject({ message: 'stuck' });
  });

  test('writes one change at a time, of those that come meanwhile the last', async () => {
    const { twin, make } = await rig();
    const written: unknown[] = [];
    let finish = () => {};
    await make({
      properties,
      write: (changes) => {
        written.push(changes);
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
    }).start();
    await eventually(() => twin.seen.some(({ topic }) => topic.endsWith('/twin/get')));
    twin.want('temperature', '1');
    await eventually(() => written.length === 1);
    for (const value of ['2', '3', '4']) twin.want('temperature', value);
    twin.want('power', 'true');
    // The broker keeps the order: once this is answered the deltas have come.
    twin.publish('/twin/get/result', { twin: { power: { expected: { value: 'false' } } } });
    await new Promise((resolve) => setImmediate(resolve));
    await eventually(() => {
      finish();
      const last = written.at(-1) as Record<string, unknown>;
      return last['power'] === false;
    });
    expect(written[0]).toEqual({ temperature: 1 });
    expect(written.length).toBeLessThanOrEqual(6);
  });

  test('a device that does not follow is not chased', async () => {
    const { twin, make } = await rig();
    let written = 0;
    await make({
      properties,
      read: () => ({ temperature: 20 }),
      write: () => {
        written++;
      },
    }).start();
    await eventually(() => twin.twins['temperature']?.actual === '20');
    twin.want('temperature', '25');
    // Written, read at once, reported, wanted again: then the interval's turn.
    await eventually(() => written === 2);
    const before = twin.updates().length;
    twin.want('temperature', '26');
    await eventually(() => written === 4);
    expect(twin.updates().length).toBe(before + 1);
  });

  test('is not disturbed by what others publish', async () => {
    const { twin, errors, make } = await rig();
    const written: unknown[] = [];
    const mapper = make({
      properties,
      write: (changes) => {
        written.push(changes);
      },
    });
    await mapper.start();
    for (const suffix of [
      '/twin/update/delta',
      '/twin/update/result',
      '/twin/get/result',
      '/state/update/result',
    ]) {
      for (const body of [
        '{',
        '7',
        'null',
        '[]',
        '{}',
        '{"delta":[1]}',
        '{"twin":{"power":null}}',
        '{"delta":{"__proto__":"1"}}',
      ]) {
        twin.publish(suffix, body);
      }
    }
    twin.want('power', 'true');
    await eventually(() => written.length > 0);
    mapper.report({ power: true });
    await eventually(() => twin.twins['power']?.actual === 'true');
    for (const changes of written) expect(changes).toEqual({ power: true });
    expect(errors).toEqual([]);
  });

  test('refuses options the agent would not take', () => {
    const broker = 'mqtt://127.0.0.1:1';
    for (const deviceId of ['', 'a/b/c', 'a/', '/a', 'a/#', '+', 'a b']) {
      expect(() => createMapper({ broker, deviceId, properties })).toThrow(
        expect.objectContaining({ code: 'ERR_MAPPER_OPTIONS' }),
      );
    }
    for (const odd of [{ 'a b': { type: 'int' } }, { a: { type: 'double' as 'int' } }] as Properties[]) {
      expect(() => createMapper({ broker, deviceId: DEVICE, properties: odd })).toThrow(
        expect.objectContaining({ code: 'ERR_MAPPER_OPTIONS' }),
      );
    }
    const mapper = createMapper({ broker, deviceId: DEVICE, properties });
    for (const values of [
      { temperature: 'warm' },
      { temperature: Number.NaN },
      { power: 1 },
      { other: 1 },
      { __proto__x: 1 },
    ]) {
      expect(() => mapper.report(values as never)).toThrow(
        expect.objectContaining({ code: 'ERR_MAPPER_VALUE' }),
      );
    }
  });

  test('has types for what it reads and writes', () => {
    const options = { broker: 'mqtt://127.0.0.1:1', deviceId: DEVICE, properties };
    const mapper = createMapper({
      ...options,
      write: ({ temperature, power }) => {
        const number: number | undefined = temperature;
        const flag: boolean | undefined = power;
        // @ts-expect-error a float is a number
        const text: string | undefined = temperature;
        return void [number, flag, text];
      },
    });
    // @ts-expect-error there is no such property
    expect(() => mapper.report({ pressure: 1 })).toThrow('no such property');
    // @ts-expect-error a boolean is no text
    expect(() => mapper.report({ power: 'true' })).toThrow('no boolean');
  });
});
