import { join } from 'node:path';
import { type CloudProfileName, cloudProfiles, MutableCloudLink } from '@edgecore/api';
import type { Bus, Message, Participant } from '@edgecore/beehive';
import { createBus, createMessage, responseTo } from '@edgecore/beehive';
import { DeviceTwin, type DeviceTwinOptions } from '@edgecore/devicetwin';
import { openStore, type Store } from '@edgecore/store';
import { type CollectedLine, collectingLogger, tempDir } from '@edgecore/testing';
import { afterEach } from '@jest/globals';

/** What the fake hub answers to a request; `undefined` is silence. */
export type CloudAnswer = (request: Message) => unknown | undefined;

/** What carries messages between devices and the module: by default a stand-in for EventBus. */
export interface Carrier {
  /** Hands a message of a device over; what it causes may come later. */
  publish(topic: string, payload: string): Promise<void>;
  close(): Promise<void>;
}

/** Makes a carrier on the bus of a rig; called before the bus starts. */
export type CarrierMaker = (options: {
  readonly bus: Bus;
  readonly store: Store;
  readonly link: MutableCloudLink;
  readonly nodeName: string;
  /** Tells what devices got. */
  heard(topic: string, payload: string): void;
}) => Carrier;

export interface RigOptions extends Partial<DeviceTwinOptions> {
  /** `undecided`: no profile yet. Default `2020`. */
  readonly cloud?: CloudProfileName | 'undecided';
  /** Default true. */
  readonly connected?: boolean;
  readonly answer?: CloudAnswer;
  readonly carrier?: CarrierMaker;
  /** Waited for once the bus runs. */
  readonly ready?: () => Promise<void>;
}

/** What went out on MQTT. */
export interface Published {
  readonly topic: string;
  readonly payload: Record<string, unknown>;
}

export interface Rig {
  readonly store: Store;
  readonly link: MutableCloudLink;
  readonly twin: DeviceTwin;
  /** What went to EventBus, in order. */
  readonly published: Published[];
  /** What went to the cloud, in order, without `membership/detail`. */
  readonly up: Message[];
  /** `membership/detail` requests. */
  readonly details: Message[];
  /** Lines of level warn and error. */
  readonly complaints: CollectedLine[];
  answer: CloudAnswer;
  /** Milliseconds the module sees. */
  clock: number;
  /** A message of a device, as EventBus hands it on; resolves when it is done. */
  mqtt(topic: string, payload: unknown): Promise<void>;
  /** A message of the cloud, as EdgeHub hands it on; resolves when it is done. */
  down(fields: Partial<Message<unknown>>, device?: string): Promise<Message>;
  /** A message of the cloud or of MetaManager, without waiting for what becomes of it. */
  hand(fields: Partial<Message<unknown>>): Promise<Message>;
  /** Resolves when everything sent for this device so far is done. */
  settled(device: string): Promise<void>;
  /** Forgets what went out so far. */
  forget(): void;
  /** Confirms a report that was met with silence. */
  confirm(message: Message): void;
  /** Takes what was published since the last time. */
  said(): Published[];
  /** Takes what went up since the last time. */
  told(): Message[];
  row(device: string, key: string): Promise<Record<string, unknown> | undefined>;
  /** Rows of a table, and of the outbox of the module. */
  count(table: 'device' | 'device_attr' | 'device_twin' | 'edgecore_ts_outbox'): Promise<number>;
  /** Ends the module and runs it anew on the same database. */
  restart(options?: RigOptions): Promise<Rig>;
  /** Ends the module; the database stays open for looking into it. */
  stop(): Promise<void>;
}

const rigs: Rig[] = [];
afterEach(async () => {
  const stores = new Set(rigs.map((rig) => rig.store));
  for (const rig of rigs.splice(0)) await rig.stop();
  for (const store of stores) await store.close();
});

const SETTLED = 'settled-by-the-test';

/** DeviceTwin on a real bus and a real database, between a fake hub and a fake EventBus. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const {
    cloud = '2020',
    connected = true,
    answer,
    carrier: makeCarrier = onTheBus,
    ready,
    ...own
  } = options;
  const store = own.store ?? (await openStore({ path: join(await tempDir(), 'edgecore.db') }));
  const profile = cloud === 'undecided' ? undefined : cloudProfiles[cloud];
  const link = new MutableCloudLink({ connected, ...(profile ? { profile } : {}) });
  const complaints: Rig['complaints'] = [];
  const bus = createBus({ log: collectingLogger(complaints) });
  const twin = new DeviceTwin({ link, nodeName: 'edge1', now: () => rig.clock, ...own, store });
  bus.add(twin);
  const published: Published[] = [];
  const up: Message[] = [];
  const details: Message[] = [];
  const readers: Promise<void>[] = [];
  const joined: Participant[] = [];
  const participant = (name: string, group: string, take: (message: Message) => void) => {
    const place = bus.join(name, group);
    joined.push(place);
    readers.push(
      (async () => {
        for await (const message of place.receive()) take(message);
      })(),
    );
    return place;
  };
  const hub = participant('websocket', 'hub', (message) => {
    if (message.resource === 'membership/detail') {
      details.push(message);
      return;
    }
    up.push(message);
    const content = message.sync ? rig.answer(message) : undefined;
    if (content !== undefined) hub.deliver(confirmation(message, content));
  });
  const settling = new Map<string, () => void>();
  const carrier = makeCarrier({
    bus,
    store,
    link,
    nodeName: own.nodeName ?? 'edge1',
    heard(topic, text) {
      const payload = JSON.parse(text) as Record<string, unknown>;
      const id = String(payload['event_id']);
      if (!id.startsWith(SETTLED)) published.push({ topic, payload });
      settling.get(id)?.();
    },
  });
  let stopped: Promise<void> | undefined;
  let saidUpTo = 0;
  let toldUpTo = 0;
  let settles = 0;
  /** An answer that can only come after everything that was sent before. */
  const settled = async (device: string) => {
    settles += 1;
    const id = `${SETTLED}-${settles}`;
    const came = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing came back from ${device} in 15 s`)), 15_000);
      settling.set(id, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    await carrier.publish(`$hw/events/device/${device}/twin/get`, JSON.stringify({ event_id: id }));
    await came;
    settling.delete(id);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const mqtt = async (topic: string, payload: unknown) => {
    await carrier.publish(topic, typeof payload === 'string' ? payload : JSON.stringify(payload));
    const device = /^\$hw\/events\/device\/(.+)\/(twin|state)\/[^/]+$/.exec(topic)?.[1];
    await settled(device ?? 'nobody');
  };
  const rig: Rig = {
    store,
    link,
    twin,
    published,
    up,
    details,
    complaints,
    answer: answer ?? (() => 'OK'),
    clock: 1_592_600_000_000,
    mqtt,
    async hand(fields) {
      const message = createMessage<unknown>({
        source: 'devicecontroller',
        group: 'twin',
        operation: 'update',
        ...fields,
      });
      await hub.send('twin', message);
      return message;
    },
    async down(fields, device) {
      const message = await rig.hand(fields);
      await rig.settled(device ?? 'sensor');
      return message;
    },
    forget() {
      for (const list of [published, up, complaints]) list.length = 0;
      saidUpTo = 0;
      toldUpTo = 0;
    },
    confirm: (message) => void hub.deliver(confirmation(message, 'OK')),
    settled,
    said() {
      const since = published.slice(saidUpTo);
      saidUpTo = published.length;
      return since;
    },
    told() {
      const since = up.slice(toldUpTo);
      toldUpTo = up.length;
      return since;
    },
    row: (device, key) =>
      store.first(
        store.db.selectFrom('device_twin').selectAll().where('deviceid', '=', device).where('name', '=', key),
      ),
    async count(table) {
      const rows = await store.all(store.db.selectFrom(table).selectAll());
      return rows.length;
    },
    async restart(more = {}) {
      await rig.stop();
      const next = await startRig({ ...options, ...more, store });
      next.clock = rig.clock;
      return next;
    },
    async stop() {
      stopped ??= (async () => {
        await carrier.close();
        await bus.stop({ graceMs: 3000 });
        for (const place of joined) place.close();
        await Promise.all(readers);
      })();
      await stopped;
    },
  };
  rigs.push(rig);
  bus.start();
  await ready?.();
  // The first request is answered once everything is loaded.
  await rig.settled('nobody');
  return rig;
}

/** A stand-in for EventBus: hands messages over as it does, and takes what it is to publish. */
const onTheBus: CarrierMaker = ({ bus, heard }) => {
  const place = bus.join('eventbus', 'bus');
  const reading = (async () => {
    for await (const message of place.receive()) heard(message.resource, message.content as string);
  })();
  return {
    async publish(topic, payload) {
      const message = createMessage<unknown>({
        source: 'bus',
        group: 'user',
        operation: 'response',
        resource: base64(topic),
        content: payload,
      });
      await place.request('twin', message, { timeoutMs: 15_000 });
    },
    async close() {
      place.close();
      await reading;
    },
  };
};

/** The answer of today's cloud, and EdgeHub's own where a cloud of 2020 stays silent. */
function confirmation(message: Message, content: unknown): Message {
  return responseTo(message, content, { source: 'devicecontroller', group: 'twin', resource: 'twin' });
}

export function base64(topic: string): string {
  return Buffer.from(topic).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** A device as the cloud of 2020 adds it. */
export function added(
  id: string,
  twins?: Record<string, { value: string; type?: string; cloud: number }>,
  description = 'd',
) {
  const twin =
    twins &&
    Object.fromEntries(
      Object.entries(twins).map(([key, { value, type = 'string', cloud }]) => [
        key,
        {
          expected: { value, metadata: { timestamp: 1_592_600_000_000 } },
          optional: false,
          metadata: { type },
          expected_version: { cloud, edge: 0 },
        },
      ]),
    );
  return {
    event_id: 'a5e7b8ee-0c1c-4f0e-8a52-6c9b6c3a7a1d',
    timestamp: 1_592_600_000_000,
    added_devices: [
      { id, name: id.split('/').at(-1), ...(description ? { description } : {}), ...(twin ? { twin } : {}) },
    ],
    removed_devices: null,
  };
}

/** A wish of the cloud of 2020. */
export function wish(key: string, value: string, cloud: number, type = 'string') {
  return {
    event_id: 'c0ffee00-0c1c-4f0e-8a52-6c9b6c3a7a1d',
    timestamp: 1_592_600_000_000,
    twin: {
      [key]: {
        expected: { value, metadata: { timestamp: 1_592_600_000_000 } },
        optional: false,
        metadata: { type },
        expected_version: { cloud, edge: 0 },
      },
    },
  };
}
