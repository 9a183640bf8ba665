import type { LogFn, Logger } from '@edgecore/api';
import { createEdgeCore, type EdgeCore } from '@edgecore/edgecore';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { nodeConfig } from '../support/node-config.js';
import { RawHub, type RawLink, wireMessage } from '../support/raw-hub.js';

/** Lines from `warn` on, as the operator sees them. */
function recordingLog(lines: string[]): Logger {
  const at =
    (level: string): LogFn =>
    (first: string | object, second?: string) => {
      const fields = typeof first === 'string' ? {} : first;
      lines.push(`${level} ${typeof first === 'string' ? first : second} ${JSON.stringify(fields)}`);
    };
  const log = (fields: object): Logger => ({
    trace: () => {},
    debug: () => {},
    info: () => {},
    warn: at('warn'),
    error: at('error'),
    child: () => log(fields),
  });
  return log({});
}

describe('a cloud that sends nonsense', () => {
  let hub: RawHub;
  let core: EdgeCore | undefined;
  let dir: string;
  const lines: string[] = [];

  const start = async () => {
    const config = await nodeConfig({
      dir,
      nodeName: 'edge-1',
      format: 'v1alpha2',
      httpsPort: hub.httpsPort,
      hubPort: hub.hubPort,
      token: hub.token,
      runtime: 'process',
      cloudProfile: 'current',
    });
    core = createEdgeCore(config, { log: recordingLog(lines) });
    await core.start();
    return core;
  };
  const connected = async (count: number): Promise<RawLink> => {
    const link = await eventually(() => hub.links[count - 1], { what: `connection ${count}` });
    await eventually(() => link.received.some(({ route }) => route.operation === 'keepalive'));
    return link;
  };
  const open = async () => {
    hub = await RawHub.start();
    dir = await tempDir('ec-bad-');
    lines.length = 0;
    await start();
    return connected(1);
  };
  afterEach(async () => {
    await core?.stop();
    await hub.close();
  });
  /** A pod no runtime can start: it is known, and leaves nothing behind. */
  const pod = (name: string, uid?: string) => ({
    metadata: { name, namespace: 'default', resourceVersion: '1', ...(uid ? { uid } : {}) },
    spec: { nodeName: 'edge-1', containers: [{ name: 'main', image: 'nobody/has-it:1' }] },
  });
  const keeps = async (link: RawLink, name: string) => {
    link.send(wireMessage(name, ['insert', `default/pod/${name}`], pod(name, `uid-${name}`)));
    await eventually(() => link.answersTo(name).some(({ content }) => content === 'OK'));
  };
  const podNames = async () => (await core!.status()).pods.map(({ name }) => name);

  const FRAMES: readonly [string, (link: RawLink) => void, number, RegExp][] = [
    ['that is not JSON', (link) => link.sendText('{"header":'), 1007, /not JSON/],
    [
      'with a number for an id',
      (link) => link.send({ header: { msg_id: 5 }, route: {}, content: null }),
      1003,
      /msg_id is not a string/,
    ],
    ['larger than any message may be', (link) => link.announce(2 ** 40), 1009, /maxMessageBytes/],
  ];
  test.each(FRAMES)(
    'a frame %s ends the connection, nothing else',
    async (_, spoil, code, said) => {
      const link = await open();
      await keeps(link, 'kept');
      spoil(link);
      await eventually(() => link.closeCode === code, { what: `close code ${code}` });
      await keeps(await connected(2), 'after');
      console.log(lines.join('\n'));
      const told = lines.filter((line) => said.test(line));
      expect(told).toHaveLength(1);
      await core!.stop();
      await start();
      await eventually(async () => (await podNames()).length === 2);
      expect(await podNames()).toEqual(expect.arrayContaining(['kept', 'after']));
    },
    30_000,
  );

  test('an unknown group and a pod without uid: told, and the connection goes on', async () => {
    const link = await open();
    await keeps(link, 'kept');
    link.send(wireMessage('x', ['insert', 'default/pod/x'], pod('x', 'ux'), 'nobody'));
    link.send(wireMessage('y', ['insert', 'default/pod/y'], pod('y')));
    await keeps(link, 'after');
    await new Promise((r) => setTimeout(r, 1000));
    console.log(lines.join('\n'), link.answersTo('y'), await podNames());
    await core!.stop();
    lines.length = 0;
    await start();
    await new Promise((r) => setTimeout(r, 1000));
    console.log(lines.join('\n'), await podNames());
    expect(link.ended).toBe(true);
  }, 30_000);
});
