import { join } from 'node:path';
import { type CloudProfile, type CloudProfileName, cloudProfiles, MutableCloudLink } from '@edgecore/api';
import type { Message, Participant } from '@edgecore/beehive';
import { createBus, createMessage, responseTo } from '@edgecore/beehive';
import { MetaManager, type MetaManagerOptions } from '@edgecore/metamanager';
import { openStore, type Store } from '@edgecore/store';
import { type CollectedLine, collectingLogger, eventually, tempDir } from '@edgecore/testing';
import { afterEach } from '@jest/globals';

/** What the fake hub answers to a request; `undefined` is silence. */
export type CloudAnswer = (request: Message) => Partial<Message<unknown>> | undefined;

export interface RigOptions extends Partial<MetaManagerOptions> {
  /** The cloud's profile; `undefined` when it is not decided. Default `2020`. */
  readonly cloud?: CloudProfileName | 'undecided';
  /** Default true. */
  readonly connected?: boolean;
  readonly answer?: CloudAnswer;
  /** Modules that run besides hub and edged. Default `edgemesh` and `twin`. */
  readonly modules?: readonly string[];
  /** What edged answers to requests (CSI calls). */
  readonly edgedAnswer?: (request: Message) => unknown;
  readonly path?: string;
}

export interface Rig {
  readonly store: Store;
  readonly link: MutableCloudLink;
  readonly metaManager: MetaManager;
  /** Everything that went up, acknowledgements too, in order. */
  readonly up: Message[];
  /** What each module got. */
  readonly got: Readonly<Record<string, Message[]>>;
  /** Log lines of level warn and error. */
  readonly complaints: CollectedLine[];
  answer: CloudAnswer;
  edgedAnswer: ((request: Message) => unknown) | undefined;
  /** Hands MetaManager a message as the hub does. */
  down(fields: Partial<Message<unknown>>): Promise<Message>;
  /** Asks as edged does. */
  request(fields: Partial<Message<unknown>>, timeoutMs?: number): Promise<Message>;
  /** Sends as edged does, without waiting. */
  send(fields: Partial<Message<unknown>>): Promise<Message>;
  acks(): Message[];
  /** Waits until this message was acknowledged. */
  acked(message: Message): Promise<Message>;
  connect(profile?: CloudProfile): void;
  disconnect(): void;
  value(key: string): Promise<string | undefined>;
  keys(table?: 'meta' | 'meta_v2'): Promise<string[]>;
  seed(key: string, type: string, value: unknown): Promise<void>;
  /** Ends the agent; the database stays open for looking into it. */
  stop(): Promise<void>;
}

const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) {
    await rig.stop();
    await rig.store.close();
  }
});

/** MetaManager on a real bus and a real database, between a fake hub and a fake edged. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const { cloud = '2020', connected = true, answer, modules, edgedAnswer, path, ...own } = options;
  const store = own.store ?? (await openStore({ path: path ?? join(await tempDir(), 'edgecore.db') }));
  const profile = cloud === 'undecided' ? undefined : cloudProfiles[cloud];
  const link = new MutableCloudLink({ connected, ...(profile ? { profile } : {}) });
  const complaints: Rig['complaints'] = [];
  const bus = createBus({ log: collectingLogger(complaints, 'info') });
  const metaManager = new MetaManager({ link, ...own, store });
  bus.add(metaManager);
  const up: Message[] = [];
  const got: Record<string, Message[]> = {};
  const joined: Participant[] = [];
  const readers: Promise<void>[] = [];
  const join_ = (name: string, group: string, take: (message: Message) => void) => {
    const participant = bus.join(name, group);
    joined.push(participant);
    readers.push(
      (async () => {
        for await (const message of participant.receive()) take(message);
      })(),
    );
    return participant;
  };
  const hub = join_('websocket', 'hub', (message) => {
    up.push(message);
    if (!message.sync) return;
    const fields = rig.answer(message);
    if (fields) hub.deliver(answerTo(message, fields));
  });
  for (const name of modules ?? ['edgemesh', 'twin']) {
    got[name] = [];
    join_(name, name, (message) => got[name]!.push(message));
  }
  got['edged'] = [];
  const edged = join_('edged', 'edged', (message) => {
    got['edged']!.push(message);
    if (message.sync && rig.edgedAnswer) edged.respond(message, rig.edgedAnswer(message));
  });
  let stopped: Promise<unknown> | undefined;
  const rig: Rig = {
    store,
    link,
    metaManager,
    up,
    got,
    complaints,
    answer: answer ?? (() => ({ source: 'edgehub', content: 'OK' })),
    edgedAnswer,
    async down(fields) {
      const message = createMessage<unknown>({ source: 'edgecontroller', group: 'resource', ...fields });
      await hub.send('metamanager', message);
      return message;
    },
    request: (fields, timeoutMs = 5000) =>
      edged.request('metamanager', createMessage<unknown>({ source: 'edged', group: 'meta', ...fields }), {
        timeoutMs,
      }),
    async send(fields) {
      const message = createMessage<unknown>({ source: 'edged', group: 'meta', ...fields });
      await edged.send('metamanager', message);
      return message;
    },
    acks: () => up.filter((message) => message.operation === 'response'),
    acked: (message) =>
      eventually(() => rig.acks().find((ack) => ack.parentId === message.id), {
        what: `the acknowledgement of ${message.operation} ${message.resource}`,
        intervalMs: 5,
        timeoutMs: 5000,
      }),
    connect: (next) => link.set({ connected: true, ...(next ? { profile: next } : {}) }),
    disconnect: () => link.set({ connected: false }),
    async value(key) {
      const row = await store.first(store.db.selectFrom('meta').select('value').where('key', '=', key));
      return row?.value ?? undefined;
    },
    async keys(table = 'meta') {
      const rows = await store.all(store.db.selectFrom(table).select('key').orderBy('key'));
      return rows.map((row) => row.key);
    },
    async seed(key, type, value) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      await store.write(store.db.replaceInto('meta').values({ key, type, value: text }));
    },
    async stop() {
      stopped ??= (async () => {
        await bus.stop({ graceMs: 3000 });
        for (const participant of joined) participant.close();
        await Promise.all(readers);
      })();
      await stopped;
    },
  };
  rigs.push(rig);
  bus.start();
  return rig;
}

/** An answer of the cloud as the hub delivers it. */
export function answerTo(request: Message, fields: Partial<Message<unknown>>): Message {
  const { content = null, ...route } = fields;
  const response = responseTo(request, content, { source: 'edgecontroller', group: 'resource' });
  return Object.freeze({ ...response, ...route });
}

/** Waits until what was sent so far has been handled: the inbox is read, and what was to be written is. */
export async function settled(rig: Rig): Promise<void> {
  await rig.request({ operation: 'query', resource: 'any/nothing/behind' });
  for (let turn = 0; turn < 3; turn += 1) {
    await rig.store.write();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function pod(name: string, uid = `uid-${name}`, resourceVersion = '10', extra: object = {}) {
  return { metadata: { name, namespace: 'default', uid, resourceVersion }, ...extra };
}

export function errStatus(reason: string, code: number, message = `it is ${reason}`) {
  return { ErrStatus: { metadata: {}, status: 'Failure', message, reason, code } };
}
