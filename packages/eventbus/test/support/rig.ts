import { join } from 'node:path';
import { MutableCloudLink, profileCurrent } from '@edgecore/api';
import {
  type Bus,
  createBus,
  createMessage,
  type Message,
  type Participant,
  responseTo,
} from '@edgecore/beehive';
import { EventBus, type EventBusOptions } from '@edgecore/eventbus';
import { openStore, type Store } from '@edgecore/store';
import { type CollectedLine, collectingLogger, eventually, tempDir } from '@edgecore/testing';
import { afterEach } from '@jest/globals';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';

export interface RigOptions extends Partial<EventBusOptions> {
  /** Default true. */
  readonly connected?: boolean;
  /** False: there is no module twin. Default true. */
  readonly twin?: boolean;
  /** False: devicetwin does not answer. Default: at once. */
  readonly twinAnswers?: (message: Message) => boolean;
  /** False: the hub does not answer uploads. Default: all. */
  readonly hubAnswers?: (message: Message) => boolean;
  readonly path?: string;
}

/** EventBus on a real bus and a real database, between a devicetwin and a hub that note what they get. */
export interface Rig {
  readonly store: Store;
  readonly link: MutableCloudLink;
  readonly eventBus: EventBus;
  readonly bus: Bus;
  readonly twin: Message[];
  readonly up: Message[];
  readonly complaints: CollectedLine[];
  readonly metrics: Record<string, number>;
  /** Sends as another module or the hub does. */
  send(fields: Partial<Message<unknown>>): Promise<void>;
  publish(topic: string, content: unknown): Promise<void>;
  /** URL of the embedded broker. */
  url(): Promise<string>;
  stop(): Promise<void>;
}

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Runs after the test, the latest first. */
export function afterTest(end: () => Promise<unknown>): void {
  ends.push(end);
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const { connected = true, twin: hasTwin = true, path, ...rest } = options;
  const { twinAnswers = () => true, hubAnswers = () => true, ...own } = rest;
  const store = own.store ?? (await openStore({ path: path ?? join(await tempDir(), 'edgecore.db') }));
  const link = new MutableCloudLink({ connected, profile: profileCurrent });
  const complaints: CollectedLine[] = [];
  const metrics: Record<string, number> = {};
  const count = (name: string, labels: Record<string, string> = {}, by = 1) => {
    const key = [name, ...Object.values(labels)].join(' ');
    metrics[key] = (metrics[key] ?? 0) + by;
  };
  const bus = createBus({
    log: collectingLogger(complaints),
    metrics: {
      count,
      observe() {},
      gauge(name, value) {
        metrics[name] = value;
      },
    },
  });
  const eventBus = new EventBus({
    ...{ link, nodeName: 'edge1', retryMs: 200, internalServer: 'tcp://127.0.0.1:0', ...own },
    store,
  });
  bus.add(eventBus);
  const twin: Message[] = [];
  const up: Message[] = [];
  const readers: Promise<void>[] = [];
  const joined: Participant[] = [];
  const join_ = (name: string, group: string, take: (message: Message, self: Participant) => void) => {
    const self = bus.join(name, group);
    joined.push(self);
    readers.push(
      (async () => {
        for await (const message of self.receive()) take(message, self);
      })(),
    );
    return self;
  };
  const hub = join_('websocket', 'hub', (message, self) => {
    if (!hubAnswers(message)) return;
    up.push(message);
    if (message.sync) self.deliver(responseTo(message, 'OK', { source: 'edgehub' }));
  });
  if (hasTwin) {
    join_('twin', 'twin', (message, self) => {
      twin.push(message);
      if (message.sync && twinAnswers(message)) self.respond(message, 'OK');
    });
  }
  bus.start();
  let stopped: Promise<unknown> | undefined;
  const stop = async () => {
    stopped ??= (async () => {
      await bus.stop({ graceMs: 5000 });
      for (const participant of joined) participant.close();
      await Promise.all(readers);
      await store.close();
    })();
    await stopped;
  };
  afterTest(stop);
  await eventually(() => eventBus.health().state !== 'starting');
  return {
    ...{ store, link, eventBus, bus, twin, up, complaints, metrics, stop },
    async send(fields) {
      const route = { source: 'router_eventbus', group: 'user' };
      await hub.send('eventbus', createMessage<unknown>({ ...route, ...fields }));
    },
    async publish(topic, content) {
      const route = { source: 'twin', group: 'bus', operation: 'publish', resource: topic };
      await hub.send('eventbus', createMessage<unknown>({ ...route, content }));
    },
    url: async () => (await eventually(() => eventBus.endpoint, { what: 'the broker to listen' })).url,
  };
}

/** An application or device: remembers what it gets. */
export interface Device {
  readonly client: MqttClient;
  readonly got: { topic: string; text: string; qos: number; retain: boolean }[];
  /** The texts it got on a topic, or on all. */
  texts(topic?: string): string[];
}

/** Connects an MQTT client and subscribes; rejects when it is not let in. */
export async function connectDevice(
  url: string,
  { filters = [], qos = 1, ...options }: IClientOptions & { filters?: string[]; qos?: 0 | 1 | 2 } = {},
): Promise<Device> {
  const client = mqtt.connect(url, { reconnectPeriod: 0, ...options });
  afterTest(() => client.endAsync(true));
  const got: Device['got'] = [];
  client.on('message', (topic, payload, packet) => {
    got.push({ topic, text: payload.toString(), qos: packet.qos, retain: packet.retain });
  });
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed')));
  });
  client.on('error', () => {});
  for (const filter of filters) await client.subscribeAsync(filter, { qos });
  const texts = (topic?: string) =>
    got.filter((message) => topic === undefined || message.topic === topic).map(({ text }) => text);
  return { client, got, texts };
}

/** The connection stays, and nothing is read from it any more. */
export function stopReading({ client }: Device): void {
  client.stream.unpipe();
  client.stream.pause();
}

/** Text of a base64 resource. */
export function topicOf(message: Message): string {
  return Buffer.from(message.resource, 'base64url').toString();
}
