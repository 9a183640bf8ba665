import { createMessage, type Message } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { type CloseInfo, type Connection, ConnectionClosedError, type Transport } from '@edgecore/viaduct';
import { afterEach, expect, test } from '@jest/globals';
import { certificatePaths, QUICK, startNode, type TestNode, writePair } from './support/node.js';
import { TestCa } from './support/pki.js';

/** A connection whose writes the test confirms, or not. */
class ScriptedConnection implements Connection {
  readonly headers = {};
  readonly remoteAddress = 'scripted:1';
  readonly bufferedBytes = 0;
  readonly written: Message[] = [];
  readonly closed: Promise<CloseInfo>;
  #onClosed!: (info: CloseInfo) => void;
  #breakWrite: ((error: Error) => void) | undefined;

  /** `holdFrom`: the write of this message is never confirmed. */
  constructor(private readonly holdFrom?: string) {
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
  }

  async send(message: Message): Promise<void> {
    this.written.push(message);
    if (message.id !== this.holdFrom) return;
    await new Promise<void>((_, reject) => {
      this.#breakWrite = reject;
    });
  }

  messages(): AsyncIterableIterator<Message> {
    const ended = this.closed.then(() => ({ done: true as const, value: undefined }));
    return {
      next: () => ended,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async close(): Promise<void> {
    this.#breakWrite?.(new ConnectionClosedError());
    this.#onClosed({ code: 1006, reason: '' });
  }
}

let node: TestNode | undefined;
afterEach(async () => {
  await node?.stop();
});

test('the message whose write was not confirmed is sent again, first and with the same id; a keepalive is not', async () => {
  const connections = [new ScriptedConnection('m2'), new ScriptedConnection()];
  let dials = 0;
  const transport: Transport = { dial: async () => connections[dials++]! };
  const ca = await TestCa.create();
  const files = await certificatePaths();
  await writePair(files, ca.pem, await ca.pair());
  node = startNode({
    ...QUICK,
    ...files,
    server: 'scripted:1',
    httpServer: 'https://127.0.0.1:1',
    transport,
  });
  const payload = (connection: ScriptedConnection) =>
    connection.written.filter(({ operation }) => operation !== 'keepalive').map(({ id }) => id);

  for (let n = 0; n < 5; n++) {
    const fields = { id: `m${n}`, operation: 'insert', resource: 'default/event/e' };
    await node.me.send('websocket', createMessage(fields));
  }
  await eventually(() => payload(connections[0]!).length === 3);
  expect(node.hub.stats().queueMessages).toBe(3);
  await connections[0]!.close();
  await eventually(() => payload(connections[1]!).length === 3);
  expect(payload(connections[0]!)).toEqual(['m0', 'm1', 'm2']);
  expect(payload(connections[1]!)).toEqual(['m2', 'm3', 'm4']);
  expect(connections[1]!.written[0]!.operation).toBe('keepalive');
  expect(node.hub.stats().queueMessages).toBe(0);
});
