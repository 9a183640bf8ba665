import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { eventually, freePort, tempDir } from '@edgecore/testing';
import { afterEach } from '@jest/globals';
import { Aedes } from 'aedes';
import { connectAsync, type MqttClient } from 'mqtt';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export function atEnd(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export interface TestBroker {
  readonly url: string;
  /** Cuts all connections but the first, the agent's, as a lost network does; new ones are taken. */
  readonly cut?: () => void;
}

/** The embedded broker on a port of its own. */
export async function aedesBroker(): Promise<TestBroker> {
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of [...sockets].slice(1)) socket.destroy();
  };
  atEnd(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await new Promise<void>((resolve) => broker.close(resolve));
  });
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, cut };
}

export const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'].find(
  existsSync,
);

/** The broker of most installations. */
export async function mosquittoBroker(): Promise<TestBroker> {
  const port = await freePort();
  const config = join(await tempDir(), 'mosquitto.conf');
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
  const child: ChildProcess = spawn(MOSQUITTO!, ['-c', config], { stdio: 'ignore' });
  atEnd(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  await eventually(async () => {
    const socket = connectTcp(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return true;
    } finally {
      socket.destroy();
    }
  });
  return { url: `mqtt://127.0.0.1:${port}` };
}

interface Twin {
  expected?: string;
  actual?: string;
  type?: string;
}

interface Seen {
  readonly topic: string;
  readonly body: Record<string, unknown>;
}

/** The agent's side of the topics of one device, as far as a mapper sees it. */
export class FakeTwin {
  readonly twins: Record<string, Twin> = {};
  readonly states: string[] = [];
  readonly seen: Seen[] = [];
  /** The code of the answer, or `silent`; by what was asked. */
  refuse: (what: 'update' | 'get' | 'state', twin: Record<string, unknown>) => number | 'silent' | undefined =
    () => undefined;
  #client!: MqttClient;

  private constructor(private readonly device: string) {}

  static async start(url: string, deviceId: string): Promise<FakeTwin> {
    const fake = new FakeTwin(`$hw/events/device/${deviceId}`);
    fake.#client = await connectAsync(url, { reconnectPeriod: 20 });
    const topics = ['/twin/update', '/twin/get', '/state/update'].map((suffix) => fake.device + suffix);
    await fake.#client.subscribeAsync(topics, { qos: 1 });
    fake.#client.on('message', (topic, payload) => fake.#take(topic, JSON.parse(payload.toString())));
    fake.#client.on('error', () => {});
    atEnd(() => fake.#client.endAsync(true));
    return fake;
  }

  updates(): Record<string, { actual: { value: string } }>[] {
    return this.seen
      .filter(({ topic }) => topic.endsWith('/twin/update'))
      .map(({ body }) => body['twin'] as Record<string, { actual: { value: string } }>);
  }

  /** The cloud wants a value: told by a delta. */
  want(property: string, value: string): void {
    this.twins[property] = { ...this.twins[property], expected: value };
    this.#delta();
  }

  publish(suffix: string, body: unknown): void {
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    this.#client.publish(this.device + suffix, payload, { qos: 1 });
  }

  #take(topic: string, body: Record<string, unknown>): void {
    this.seen.push({ topic, body });
    if (topic.endsWith('/twin/update')) this.#update(body);
    else if (topic.endsWith('/twin/get')) this.#get(body);
    else this.#state(body);
  }

  #update(body: Record<string, unknown>): void {
    const twin = body['twin'] as Record<string, { actual: { value: string }; metadata: { type: string } }>;
    if (!this.#answer('update', '/twin/update/result', body, twin, { twin })) return;
    for (const [name, { actual, metadata }] of Object.entries(twin)) {
      this.twins[name] = { ...this.twins[name], actual: actual.value, type: metadata.type };
    }
    this.#delta();
  }

  #get(body: Record<string, unknown>): void {
    const twin = Object.fromEntries(
      Object.entries(this.twins).map(([name, { expected, actual }]) => [
        name,
        { ...(expected && { expected: { value: expected } }), ...(actual && { actual: { value: actual } }) },
      ]),
    );
    this.#answer('get', '/twin/get/result', body, {}, { twin });
  }

  #state(body: Record<string, unknown>): void {
    if (this.#answer('state', '/state/update/result', body, {}, { device: { state: body['state'] } })) {
      this.states.push(body['state'] as string);
    }
  }

  #answer(
    what: 'update' | 'get' | 'state',
    suffix: string,
    body: Record<string, unknown>,
    twin: Record<string, unknown>,
    success: object,
  ): boolean {
    const refused = this.refuse(what, twin);
    if (refused === 'silent') return false;
    const base = { event_id: body['event_id'], timestamp: 0 };
    this.publish(
      suffix,
      refused === undefined ? { ...base, ...success } : { ...base, code: refused, reason: 'no' },
    );
    return refused === undefined;
  }

  #delta(): void {
    const open = Object.entries(this.twins).filter(
      ([, { expected, actual }]) => expected && expected !== actual,
    );
    if (open.length === 0) return;
    const delta = Object.fromEntries(open.map(([name, { expected }]) => [name, expected]));
    this.publish('/twin/update/delta', { event_id: 'd', timestamp: 0, twin: {}, delta });
  }
}
