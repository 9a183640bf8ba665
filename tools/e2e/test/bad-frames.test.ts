import type { LogFn, Logger } from '@edgecore/api';
import { createEdgeCore, type EdgeCore } from '@edgecore/edgecore';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { nodeConfig } from '../support/node-config.js';
import { RawHub, type RawLink, wireMessage } from '../support/raw-hub.js';

let hub: RawHub;
let core: EdgeCore | undefined;
let dir: string;
/** Warnings and errors, as the operator sees them. */
let lines: string[];

beforeEach(async () => {
  hub = await RawHub.start();
  dir = await tempDir('ec-frames-');
  lines = [];
});
afterEach(async () => {
  await core?.stop();
  await hub.close();
});

function recordingLog(): Logger {
  const at =
    (level: string): LogFn =>
    (first: string | object, second?: string) => {
      if (typeof first === 'string') lines.push(`${level} ${first}`);
      else lines.push(`${level} ${second} ${JSON.stringify(first)}`);
    };
  const log: Logger = {
    trace: () => {},
    debug: () => {},
    info: () => {},
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  };
  return log;
}

async function start(): Promise<void> {
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
  core = createEdgeCore(config, { log: recordingLog() });
  await core.start();
}

async function connected(count: number): Promise<RawLink> {
  const link = await eventually(() => hub.links[count - 1], { what: `connection ${count}` });
  await eventually(() => link.received.some(({ route }) => route.operation === 'keepalive'));
  return link;
}

/** A pod host processes cannot start (it has no command): it is known, and leaves nothing behind. */
function pod(name: string, uid?: string): object {
  return {
    metadata: { name, namespace: 'default', resourceVersion: '1', ...(uid ? { uid } : {}) },
    spec: {
      nodeName: 'edge-1',
      dnsPolicy: 'Default',
      containers: [{ name: 'main', image: 'nobody/has-it:1' }],
    },
  };
}

/** Sends a pod and waits for its acknowledgement. */
async function keeps(link: RawLink, name: string): Promise<void> {
  link.send(wireMessage(name, ['insert', `default/pod/${name}`], pod(name, `uid-${name}`)));
  await eventually(() => link.answersTo(name).some(({ content }) => content === 'OK'));
}

/** What a restarted agent knows: what was acknowledged is in it. */
async function podsAfterRestart(): Promise<string[]> {
  await core!.stop();
  await start();
  await eventually(async () => (await core!.status()).pods.length > 0);
  return (await core!.status()).pods.map(({ name }) => name).sort();
}

describe('frames nothing can be done with', () => {
  const FRAMES: readonly [string, (link: RawLink) => void, number, string][] = [
    ['that is not JSON', (link) => link.sendText('{"header":'), 1007, 'not JSON'],
    [
      'with a number for an id',
      (link) => link.send({ header: { msg_id: 5 }, route: {}, content: null }),
      1003,
      'msg_id is not a string',
    ],
    ['larger than any message may be', (link) => link.announce(2 ** 40), 1009, 'larger than the limit'],
  ];
  test.each(FRAMES)(
    'a frame %s ends the connection, and nothing else',
    async (_, spoil, code, said) => {
      await start();
      const link = await connected(1);
      await keeps(link, 'before');
      spoil(link);
      await eventually(() => link.closeCode === code, { what: `close code ${code}` });
      await keeps(await connected(2), 'behind');
      expect(lines.filter((line) => line.includes(said))).toEqual([
        expect.stringContaining('connection lost'),
      ]);
      expect(lines.filter((line) => /not connected|\n/.test(line))).toEqual([]);
      expect(await podsAfterRestart()).toEqual(['before', 'behind']);
    },
    30_000,
  );
});

describe('messages nothing can be done with', () => {
  test('an unknown group, a pod without uid and other wrong content: one line each, the link stays', async () => {
    await start();
    const link = await connected(1);
    await keeps(link, 'before');
    lines.length = 0;
    link.send(wireMessage('group', ['insert', 'default/pod/group'], pod('group', 'uid'), 'nobody'));
    link.send(wireMessage('uid', ['insert', 'default/pod/uid'], pod('uid')));
    // As a cloud does that gets no acknowledgement.
    link.send(wireMessage('uid', ['insert', 'default/pod/uid'], pod('uid')));
    link.send(wireMessage('null', ['insert', 'default/configmap/null'], null));
    link.send(wireMessage('list', ['update', 'default/pod/list'], [1, 2]));
    link.send(wireMessage('path', ['insert', 'pod'], pod('path', 'uid')));
    await keeps(link, 'behind');
    const aboutThem = (id: string) => lines.filter((line) => line.includes(`"id":"${id}"`));
    expect(aboutThem('group')).toEqual([expect.stringContaining('group "nobody" is unknown')]);
    expect(aboutThem('uid')).toEqual([expect.stringContaining('create it through the API server')]);
    expect(aboutThem('null')).toEqual([expect.stringContaining('the content is null, not an object')]);
    expect(aboutThem('list')).toEqual([expect.stringContaining('the content is a list, not an object')]);
    expect(aboutThem('path')).toEqual([expect.stringContaining('<namespace>/<type>')]);
    for (const id of ['uid', 'null', 'list', 'path']) {
      await eventually(() => link.answersTo(id).length > 0);
      expect(link.answersTo(id).every(({ route }) => route.operation === 'error')).toBe(true);
    }
    expect(link.ended).toBe(false);
    expect(hub.links).toHaveLength(1);
    expect(await podsAfterRestart()).toEqual(['before', 'behind']);
  });
});
