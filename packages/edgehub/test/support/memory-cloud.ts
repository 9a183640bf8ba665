import { createMessage, type Message } from '@edgecore/beehive';
import { type Connection, MemoryNetwork, type TransportServer } from '@edgecore/viaduct';
import type { EdgeHubOptions } from '../../src/index.js';
import { certificatePaths, writePair } from './node.js';
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

  async stopListening(): Promise<void> {
    await this.#server?.close();
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
