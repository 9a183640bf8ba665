import { type Bus, createMessage, type Message } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { type Connection, MemoryNetwork, type TransportServer } from '@edgecore/viaduct';
import type { EdgeHubOptions } from '../../src/index.js';
import { certificatePaths, startNode, type TestNode, writePair } from './node.js';
import { TestCa } from './pki.js';
import { VirtualClock } from './virtual-clock.js';

export interface Heard {
  /** Milliseconds of virtual time since the cloud was made. */
  readonly at: number;
  readonly message: Message;
}

/** A hub's other end in this process, for tests that own the clock. */
export class MemoryCloud {
  readonly clock = new VirtualClock(Date.now());
  readonly network = new MemoryNetwork();
  readonly heard: Heard[] = [];
  readonly connections: Connection[] = [];
  dials = 0;
  /** Called for each message. */
  onMessage: (message: Message, connection: Connection) => void = () => {};
  readonly #start = this.clock.now();
  #server: TransportServer | undefined;
  #node: TestNode | undefined;

  /** Options for a hub that reaches this cloud, with certificates in place. */
  async options(extra: Partial<EdgeHubOptions> = {}): Promise<EdgeHubOptions> {
    const ca = await TestCa.create();
    const files = await certificatePaths();
    await writePair(files, ca.pem, await ca.pair());
    return {
      nodeName: 'edge-01',
      server: 'cloud:10000',
      httpServer: 'https://127.0.0.1:1',
      cloudProfile: 'current',
      transport: {
        dial: (dialled) => {
          this.dials += 1;
          return this.network.transport.dial(dialled);
        },
      },
      clock: this.clock,
      random: () => 0.5,
      ...files,
      ...extra,
    };
  }

  listen(): void {
    const server = this.network.listen({ host: 'cloud', port: 10000 });
    this.#server = server;
    void this.#accept(server);
  }

  /** Starts a hub against this cloud, which need not listen yet. `before` joins others ahead of it. */
  async start(extra: Partial<EdgeHubOptions> = {}, before?: (bus: Bus) => void): Promise<TestNode> {
    this.#node = startNode(await this.options(extra), before);
    return this.#node;
  }

  /** Listens, starts a hub and waits for its keepalive. */
  async connected(extra: Partial<EdgeHubOptions> = {}): Promise<TestNode> {
    this.listen();
    const node = await this.start(extra);
    // Certificate files are read for real.
    await eventually(() => this.heard.length > 0);
    return node;
  }

  /** The hub started last. */
  get node(): TestNode {
    if (!this.#node) throw new Error('no hub was started');
    return this.#node;
  }

  async stopListening(): Promise<void> {
    await this.#server?.close();
  }

  /** Ends the hub, then itself. */
  async close(): Promise<void> {
    const stopped = this.#node?.stop();
    await this.clock.advance(3000);
    await stopped;
    await this.stopListening();
  }

  get latest(): Connection {
    const connection = this.connections.at(-1);
    if (!connection) throw new Error('nobody has connected');
    return connection;
  }

  async send(fields: Partial<Message>): Promise<Message> {
    const message = createMessage<unknown>(fields);
    await this.latest.send(message);
    return message;
  }

  /** Times of the messages with this operation. */
  times(operation: string): number[] {
    return this.heard.filter(({ message }) => message.operation === operation).map(({ at }) => at);
  }

  async #accept(server: TransportServer): Promise<void> {
    for await (const connection of server.connections()) {
      this.connections.push(connection);
      void this.#read(connection);
    }
  }

  async #read(connection: Connection): Promise<void> {
    for await (const message of connection.messages()) {
      this.heard.push({ at: this.clock.now() - this.#start, message });
      this.onMessage(message, connection);
    }
  }
}
