import { chmod, rm } from 'node:fs/promises';
import { eventually } from '@edgecore/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EdgeHub, type EdgeHubOptions } from '../../src/index.js';
import { FakeCloud } from '../support/fake-cloud.js';
import { whyFatal } from '../support/fatal.js';
import { certificatePaths, type Files, QUICK, startNode, type TestNode, writePair } from '../support/node.js';

let cloud: FakeCloud;
let files: Files;
let node: TestNode | undefined;

beforeEach(async () => {
  cloud = await FakeCloud.start();
  files = await certificatePaths();
});

afterEach(async () => {
  await node?.stop();
  node = undefined;
  await cloud.close();
});

function options(extra: Partial<EdgeHubOptions> = {}): EdgeHubOptions {
  return { ...QUICK, ...files, server: cloud.server, httpServer: cloud.httpServer, ...extra };
}

/** Runs a hub that is expected to give up, and returns why. */
function fatal(extra: Partial<EdgeHubOptions> = {}): Promise<Error> {
  node = startNode(options(extra));
  return whyFatal(node);
}

describe('certificates that are there (§11.8, §10)', () => {
  const reasons = async (extra: Partial<EdgeHubOptions>) => {
    node = startNode(options({ token: cloud.ca.token(), ...extra }));
    await cloud.connection();
    return cloud.requests.map(({ path }) => path);
  };

  test('for another node: a new one is asked for', async () => {
    await writePair(
      files,
      cloud.ca.pem,
      await cloud.ca.pair({ subject: 'O=system:nodes, CN=system:node:other' }),
    );
    expect(await reasons({})).toEqual(['/ca.crt', '/edge.crt']);
  });

  test.each([
    ['2020', []],
    ['auto', []],
    ['current', ['/ca.crt', '/edge.crt']],
  ] as const)('of a 2020 edge with profile %s', async (cloudProfile, requests) => {
    await writePair(files, cloud.ca.pem, await cloud.ca.pair({ subject: 'O=kubeEdge, CN=kubeedge.io' }));
    expect(await reasons({ cloudProfile })).toEqual(requests);
  });

  test('expired, with a token: a new one is asked for', async () => {
    const notAfter = new Date(Date.now() - 1000);
    await writePair(files, cloud.ca.pem, await cloud.ca.pair({ notAfter }));
    expect(await reasons({})).toEqual(['/ca.crt', '/edge.crt']);
  });

  test('a missing CA file alone is noticed', async () => {
    await writePair(files, cloud.ca.pem, await cloud.ca.pair());
    await rm(files.tlsCaFile);
    expect(await reasons({})).toEqual(['/ca.crt', '/edge.crt']);
  });

  test('not valid yet: waits for the clock instead of asking for another', async () => {
    const pair = await cloud.ca.pair({ notBefore: new Date(Date.now() + 3_600_000) });
    await writePair(files, cloud.ca.pem, pair);
    node = startNode(options({ token: cloud.ca.token() }));
    await eventually(() => node!.log.some(({ text }) => text.includes('check the clock')));
    expect(cloud.requests).toEqual([]);
    await writePair(files, cloud.ca.pem, await cloud.ca.pair());
    await cloud.connection();
  });

  test('a server whose certificate lacks the host: names and host are told', async () => {
    await cloud.close();
    cloud = await FakeCloud.start({ names: [{ type: 'dns', value: 'cloud.example' }] });
    await writePair(files, cloud.ca.pem, await cloud.ca.pair());
    node = startNode(options());
    await eventually(() => node!.hub.stats().lastError);
    expect(node.hub.stats().lastError).toMatch(/DNS:cloud\.example.*127\.0\.0\.1.*rootCA\.crt/);
    expect(node.hub.link.connected).toBe(false);
  });

  test('an unreadable file is fatal and named', async () => {
    if (process.getuid?.() === 0) {
      // Root reads everything; a directory in its place cannot be read either.
      await writePair(
        { ...files, tlsCertFile: `${files.tlsCertFile}/x` },
        cloud.ca.pem,
        await cloud.ca.pair(),
      );
    } else {
      await writePair(files, cloud.ca.pem, await cloud.ca.pair());
      await chmod(files.tlsCertFile, 0);
    }
    expect((await fatal()).message).toContain(`${files.tlsCertFile} cannot be read`);
  });
});

test('certificatesReady gives up with its signal', async () => {
  const hub = new EdgeHub(options());
  const reason = new Error('stopping');
  await expect(hub.certificatesReady(AbortSignal.abort(reason))).rejects.toBe(reason);
});
