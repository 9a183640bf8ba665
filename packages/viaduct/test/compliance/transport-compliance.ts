import { createMessage, type Message } from '@edgecore/beehive';
import type { Connection, DialOptions, Transport, TransportServer } from '@edgecore/viaduct';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

export interface TransportSetup {
  readonly transport: Transport;
  readonly server: TransportServer;
  /** What reaches the server, without limits. */
  readonly dialOptions: DialOptions;
  stop(): Promise<void>;
}

/** What every implementation of `Transport` and `TransportServer` must do. */
export function transportCompliance(name: string, setUp: () => Promise<TransportSetup>): void {
  describe(`${name} keeps the Transport contract`, () => {
    let setup: TransportSetup;
    beforeEach(async () => {
      setup = await setUp();
    });
    afterEach(() => setup.stop());

    async function connect(options: Partial<DialOptions> = {}): Promise<[Connection, Connection]> {
      const accepted = setup.server.connections().next();
      const client = await setup.transport.dial({ ...setup.dialOptions, ...options });
      const { value } = await accepted;
      return [client, value as Connection];
    }

    test('carries a message unchanged both ways', async () => {
      const [client, server] = await connect();
      const up = createMessage<unknown>({
        source: 'edged',
        group: 'meta',
        operation: 'update',
        resource: 'default/podstatus/web',
        content: { text: 'ä€😀 <&>', list: [1, null], nested: { big: 12345678901234567890n } },
      });
      await client.send(up);
      expect((await server.messages().next()).value).toEqual(up);
      const down = createMessage<unknown>({ parentId: up.id, resourceVersion: '12', content: 'OK' });
      await server.send(down);
      expect((await client.messages().next()).value).toEqual(down);
    });

    test('tells the server who dialled', async () => {
      const [client, server] = await connect();
      expect(server.headers).toMatchObject({
        node_id: setup.dialOptions.nodeName,
        project_id: setup.dialOptions.projectId,
        connectionuse: 'msg',
      });
      expect(client.headers).toMatchObject({ node_id: setup.dialOptions.nodeName });
      expect(server.remoteAddress).toMatch(/.+:.+/);
    });

    test('never writes sync as true', async () => {
      const [client, server] = await connect();
      await client.send(createMessage({ sync: true }));
      expect((await server.messages().next()).value).toMatchObject({ sync: false });
    });

    test('writes bytes as base64', async () => {
      const [client, server] = await connect();
      await client.send(createMessage<unknown>({ content: Uint8Array.of(0x70, 0x69, 0x6e, 0x67) }));
      expect((await server.messages().next()).value).toMatchObject({ content: 'cGluZw==' });
    });

    test('keeps order and loses nothing while the consumer pauses', async () => {
      const [client, server] = await connect();
      const count = 10_000;
      const sending = Promise.all(
        Array.from({ length: count }, (_, index) => client.send(createMessage({ id: `m${index}` }))),
      );
      await new Promise((resolve) => setTimeout(resolve, 50));
      const ids: string[] = [];
      for await (const message of server.messages()) {
        ids.push(message.id);
        if (ids.length === count) break;
      }
      await sending;
      expect(ids).toEqual(Array.from({ length: count }, (_, index) => `m${index}`));
    });

    test('a consumer that does not read stops the sender', async () => {
      const [client, server] = await connect();
      const content = 'x'.repeat(1024 * 1024);
      const count = 64;
      let sent = 0;
      const sending = (async () => {
        for (; sent < count; sent++) await client.send(createMessage({ content }) as Message);
      })();
      await settled(() => sent);
      expect(sent).toBeLessThan(count);
      expect(client.bufferedBytes).toBeGreaterThan(0);
      const incoming = server.messages();
      for (let index = 0; index < count; index++) expect((await incoming.next()).done).toBe(false);
      await sending;
      expect(client.bufferedBytes).toBe(0);
    });

    test('a write nobody takes closes the connection', async () => {
      const [client] = await connect({ writeTimeoutMs: 200 });
      const content = 'x'.repeat(4 * 1024 * 1024);
      const writes = Array.from({ length: 24 }, () => client.send(createMessage({ content }) as Message));
      const results = await Promise.allSettled(writes);
      const failed = results.filter((result) => result.status === 'rejected');
      expect(failed.length).toBeGreaterThan(0);
      expect(failed.at(-1)?.reason).toMatchObject({ code: 'ERR_WRITE_TIMEOUT' });
      expect((await client.closed).error).toMatchObject({ code: 'ERR_WRITE_TIMEOUT' });
    });

    test.each(['config', 'ping', 'pong'])('answers the control message "%s" itself', async (operation) => {
      const [client, server] = await connect();
      const control = createMessage({ operation, resource: 'anything', group: 'g', source: 's' });
      const seen = client.messages();
      await server.send(control);
      await server.send(createMessage({ id: 'after' }));
      expect((await seen.next()).value).toMatchObject({ id: 'after' });
      expect((await server.messages().next()).value).toMatchObject({
        parentId: control.id,
        operation: 'response',
        resource: 'anything',
        group: 'g',
        source: 's',
        content: 'ack',
      });
    });

    test('refuses to send more than maxMessageBytes and stays open', async () => {
      const [client, server] = await connect({ maxMessageBytes: 1000 });
      const tooLarge = client.send(createMessage({ content: 'x'.repeat(1000) }) as Message);
      await expect(tooLarge).rejects.toMatchObject({ code: 'ERR_MESSAGE_TOO_LARGE', limitBytes: 1000 });
      await client.send(createMessage({ id: 'small' }));
      expect((await server.messages().next()).value).toMatchObject({ id: 'small' });
    });

    test('closes on a message larger than maxMessageBytes and says so', async () => {
      const [client, server] = await connect({ maxMessageBytes: 1000 });
      const reading = client.messages().next();
      await server.send(createMessage({ content: 'x'.repeat(2000) }) as Message);
      expect((await reading).done).toBe(true);
      const info = await client.closed;
      expect(info.code).toBe(1009);
      expect(info.error?.message).toMatch(/limit of 1000 bytes/);
    });

    test('close ends both sides, with code and reason', async () => {
      const [client, server] = await connect();
      const reading = server.messages().next();
      await client.close(1000, 'bye');
      expect(await client.closed).toMatchObject({ code: 1000 });
      expect(await server.closed).toMatchObject({ code: 1000, reason: 'bye' });
      expect((await reading).done).toBe(true);
      await expect(client.send(createMessage())).rejects.toMatchObject({ code: 'ERR_CONNECTION_CLOSED' });
      await expect(server.send(createMessage())).rejects.toMatchObject({ code: 'ERR_CONNECTION_CLOSED' });
      await client.close();
    });

    test('a reason of any length does not keep a connection open', async () => {
      const [client, server] = await connect();
      await client.close(1000, 'ü'.repeat(500));
      expect((await server.closed).reason).toMatch(/^üüü/);
    });

    test('what arrived before the close is still yielded', async () => {
      const [client, server] = await connect();
      for (const id of ['a', 'b', 'c']) await client.send(createMessage({ id }));
      await client.close();
      const ids: string[] = [];
      for await (const message of server.messages()) ids.push(message.id);
      expect(ids).toEqual(['a', 'b', 'c']);
    });

    test('closing the server ends its connections and its iterator', async () => {
      const [client] = await connect();
      const next = setup.server.connections().next();
      await setup.server.close();
      expect((await next).done).toBe(true);
      await client.closed;
      await expect(setup.transport.dial(setup.dialOptions)).rejects.toMatchObject({
        code: 'ERR_DIAL',
        kind: 'network',
      });
    });

    test('a cancelled dial rejects', async () => {
      const signal = AbortSignal.abort();
      await expect(setup.transport.dial({ ...setup.dialOptions, signal })).rejects.toMatchObject({
        code: 'ERR_DIAL',
        kind: 'aborted',
      });
    });

    test('many connections at once stay apart', async () => {
      const names = ['edge-1', 'edge-2', 'edge-3'];
      const incoming = setup.server.connections();
      const clients = await Promise.all(
        names.map((nodeName) => setup.transport.dial({ ...setup.dialOptions, nodeName })),
      );
      await Promise.all(clients.map((client, index) => client.send(createMessage({ id: names[index]! }))));
      for (const _ of names) {
        const { value: server } = await incoming.next();
        const { value: message } = await (server as Connection).messages().next();
        expect((message as Message).id).toBe((server as Connection).headers['node_id']);
      }
    });
  });
}

/** Waits until a figure has not moved for a moment. */
async function settled(read: () => number): Promise<void> {
  for (let last = -1; last !== read(); ) {
    last = read();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
