import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join as joinPath } from 'node:path';
import { startMinicloud } from '@edgecore/minicloud';
import { eventually, freePort, tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { exchange, join, signingRequest } from '../fake-edge.js';
import { Lab } from '../lab.js';

const lab = new Lab();

/** A request whose signature does not fit its content: another name was put in. */
async function forged(): Promise<Buffer> {
  const { der } = await signingRequest('edge-1');
  const at = der.indexOf('system:node:edge-1');
  der.write('system:node:edge-2', at);
  return der;
}

test.each(['2020', 'current'] as const)(
  'a forged request gets no certificate (profile %s)',
  async (profile) => {
    const cloud = await lab.start(profile);
    const headers = {
      Authorization: `Bearer ${cloud.token.split('.').slice(1).join('.')}`,
      NodeName: 'edge-2',
    };
    const asking = exchange(cloud.httpsPort, '/edge.crt', { headers, body: await forged() });
    if (profile === '2020') await expect(asking).rejects.toThrow(/hang up|ECONNRESET/);
    else {
      const { status, body } = await asking;
      expect(status).toBe(500);
      expect(body.toString()).toMatch(
        /failed to sign certs for edgenode edge-2.*signature of the request does not match/,
      );
    }
  },
);

test('tokens are renewed, and an expired one is refused', async () => {
  let skewMs = 0;
  const cloud = await lab.start('current', { tokenLifeMs: 3000, now: () => Date.now() + skewMs });
  const first = cloud.token;
  await eventually(() => cloud.token !== first);
  await expect(join(cloud, 'edge-1')).resolves.toBeDefined();
  skewMs = 10_000;
  const headers = { Authorization: `Bearer ${first.split('.').slice(1).join('.')}` };
  const { status, body } = await exchange(cloud.httpsPort, '/edge.crt', { headers });
  expect([status, body.toString()]).toEqual([
    401,
    'token validation failure, err: token has invalid claims: token is expired',
  ]);
});

test('the probe of today’s cloud knows its nodes', async () => {
  const cloud = await lab.start('current');
  await lab.readyNode(cloud, 'edge-1');
  const probe = async (name: string) => {
    const { status, body } = await exchange(cloud.httpsPort, `/node/${name}`);
    return [status, body.toString()];
  };
  expect(await probe('edge-1')).toEqual([200, 'Node founded']);
  expect(await probe('edge-2')).toEqual([404, 'Node not found']);
});

describe('a cloud that cannot start says why', () => {
  test('the key of the CA is missing', async () => {
    const dataDir = await tempDir();
    await (await startMinicloud({ dataDir })).close();
    await rm(joinPath(dataDir, 'ca.key'));
    await expect(startMinicloud({ dataDir })).rejects.toThrow(
      /ca\.key is missing but ca\.crt is there: restore the key/,
    );
  });

  test('key and certificate are of two CAs, or no key at all', async () => {
    const [dataDir, other] = [await tempDir(), await tempDir()];
    for (const dir of [dataDir, other]) await (await startMinicloud({ dataDir: dir })).close();
    await writeFile(joinPath(dataDir, 'ca.key'), await readFile(joinPath(other, 'ca.key')));
    await expect(startMinicloud({ dataDir })).rejects.toThrow(/cannot be used/);
    await writeFile(joinPath(dataDir, 'ca.key'), 'garbage');
    await expect(startMinicloud({ dataDir })).rejects.toMatchObject({ code: 'ERR_MINICLOUD_START' });
  });

  test('the port is taken, and nothing stays open', async () => {
    const port = await freePort();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
    const dataDir = await tempDir();
    await expect(startMinicloud({ dataDir, hubPort: port })).rejects.toThrow(
      new RegExp(`EADDRINUSE.*${port}`),
    );
    await new Promise((resolve) => holder.close(resolve));
    await (await startMinicloud({ dataDir, hubPort: port })).close();
  });
});
