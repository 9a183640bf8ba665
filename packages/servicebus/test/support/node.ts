import { request } from 'node:http';
import { join } from 'node:path';
import type { LogFn, Logger } from '@edgecore/api';
import { createBus, type Message, type Participant } from '@edgecore/beehive';
import { ServiceBus, type ServiceBusOptions } from '@edgecore/servicebus';
import { openStore, type Store } from '@edgecore/store';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach } from '@jest/globals';

const nodes: TestNode[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
});

/** What an application is told. */
export interface AppAnswer {
  readonly http: number;
  readonly contentType: string | undefined;
  readonly code: number;
  readonly msg: string;
  readonly body: string;
}

/** ServiceBus on a real bus and a real database, between a fake hub and real HTTP. */
export class TestNode {
  /** Everything that went up, in order. */
  readonly up: Message[] = [];
  readonly complaints: string[] = [];
  /** Answers uploads; `undefined` is silence. */
  cloud: (upload: Message) => string | undefined = () => undefined;
  readonly #hub: Participant;
  readonly #bus;
  #stopped: Promise<unknown> | undefined;

  private constructor(
    readonly store: Store,
    readonly module: ServiceBus,
  ) {
    this.#bus = createBus({ log: complainingLogger(this.complaints) }).add(module);
    this.#hub = this.#bus.join('websocket', 'hub');
    void this.#read();
    this.#bus.start();
  }

  static async start(
    options: Partial<ServiceBusOptions> & { readonly path?: string } = {},
  ): Promise<TestNode> {
    const { path, ...own } = options;
    const store = own.store ?? (await openStore({ path: path ?? join(await tempDir(), 'edgecore.db') }));
    const node = new TestNode(store, new ServiceBus({ port: 0, closeGraceMs: 300, ...own, store }));
    nodes.push(node);
    return node;
  }

  /** Hands the module a message as the hub does. */
  async down(message: Message): Promise<Message> {
    await this.#hub.send('servicebus', message);
    return message;
  }

  /** Hands the module a request and waits for its answer. */
  async call(message: Message): Promise<Message> {
    await this.down(message);
    return this.answerTo(message);
  }

  answerTo({ id }: Message): Promise<Message> {
    return eventually(() => this.up.find(({ parentId }) => parentId === id), {
      what: `an answer to ${id}`,
      intervalMs: 2,
    });
  }

  answersTo({ id }: Message): Message[] {
    return this.up.filter(({ parentId }) => parentId === id);
  }

  /** Gives an upload its answer, as the hub does with what comes from the cloud. */
  respond(upload: Message, content: string): boolean {
    return this.#hub.respond(upload, content);
  }

  report() {
    return this.#bus.report();
  }

  /** Port applications reach the cloud on. */
  async listening(): Promise<number> {
    return eventually(() => this.module.port, { what: 'the server for applications', intervalMs: 2 });
  }

  /** Asks as an application of the node does. */
  async app(
    body: string | Buffer | object,
    options: {
      readonly headers?: Record<string, string>;
      readonly method?: string;
      readonly path?: string;
    } = {},
  ): Promise<AppAnswer> {
    const port = await this.listening();
    const bytes = typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const { method = 'POST', path = '/', headers = {} } = options;
      const sent = request({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => {
          const answer = JSON.parse(text) as Omit<AppAnswer, 'http' | 'contentType'>;
          resolve({ http: response.statusCode!, contentType: response.headers['content-type'], ...answer });
        });
      });
      sent.on('error', reject);
      sent.end(bytes);
    });
  }

  async urls(): Promise<string[]> {
    const rows = await this.store.all(this.store.db.selectFrom('target_urls').selectAll());
    return rows.map(({ url }) => url);
  }

  /** Ends module and database. */
  stop(): Promise<unknown> {
    this.#stopped ??= (async () => {
      const report = await this.#bus.stop();
      this.#hub.close();
      await this.store.close();
      return report;
    })();
    return this.#stopped;
  }

  async #read(): Promise<void> {
    for await (const message of this.#hub.receive()) {
      this.up.push(message);
      const answer = message.sync ? this.cloud(message) : undefined;
      if (answer !== undefined) this.#hub.respond(message, answer);
    }
  }
}

function complainingLogger(lines: string[]): Logger {
  const ignore: LogFn = () => {};
  const note: LogFn = (first: string | object, second?: string) => {
    lines.push(typeof first === 'string' ? first : `${second}`);
  };
  const log: Logger = {
    trace: ignore,
    debug: ignore,
    info: ignore,
    warn: note,
    error: note,
    child: () => log,
  };
  return log;
}
