import { join } from 'node:path';
import {
  docker,
  eventually,
  freePort,
  type Registry,
  registryInstalled,
  startRegistry,
  type TcpProxy,
  tcpProxy,
  tempDir,
} from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ContainerRuntime } from '../../src/index.js';

export interface PullEngine {
  readonly runtime: ContainerRuntime;
  /** For the docker command; default this machine's Docker. */
  readonly host?: string;
  close(): Promise<void>;
}

export interface PullSetup {
  /** `describe`, or its `skip` where the engine cannot work. */
  readonly describe: (name: string, body: () => void) => void;
  /** @param registries `host:port` that speak plain HTTP. */
  start(registries: readonly string[]): Promise<PullEngine>;
}

/** Defines the tests of pulls from real registries on loopback, over links that stall and break. */
export function pullTests(name: string, setup: PullSetup): void {
  const describeRegistry = registryInstalled() ? setup.describe : describe.skip;

  describeRegistry(`${name} pulling from a registry`, () => {
    const account = { username: 'edge', password: 'p:ss/wörd' };
    const images: string[] = [];
    let engine: PullEngine;
    let runtime: ContainerRuntime;
    let open: Registry;
    let guarded: Registry;
    let link: TcpProxy;
    let linked: string;
    let nobody: string;

    beforeAll(async () => {
      const directory = await tempDir();
      [open, guarded] = await Promise.all([
        startRegistry(join(directory, 'open')),
        startRegistry(join(directory, 'guarded'), account),
      ]);
      const port = await freePort();
      linked = `127.0.0.1:${port}`;
      nobody = `127.0.0.1:${await freePort()}`;
      link = await tcpProxy({ port, host: '127.0.0.1' }, { port: open.port, host: '127.0.0.1' });
      engine = await setup.start([open.address, guarded.address, linked, nobody]);
      runtime = engine.runtime;
    });
    afterAll(async () => {
      await Promise.all(images.map((image) => runtime.removeImage(image)));
      await runtime.close();
      await engine.close();
      await link.close();
      await Promise.all([open.kill(), guarded.kill()]);
    });

    const push = (registry: Registry, tag: string, bytes = 1024) =>
      registry.push(tag, { bytes, ...(engine.host && { host: engine.host }) });

    function remember(image: string): string {
      images.push(image);
      return image;
    }

    test('gives the image, with its digest for pod statuses', async () => {
      const name = remember(await push(open, 'plain:1'));
      const image = await runtime.pullImage(name);
      expect(image.tags).toEqual([name]);
      expect(image.digests).toEqual([
        expect.stringMatching(new RegExp(`^${open.address}/plain@sha256:[0-9a-f]{64}$`)),
      ]);
      expect(await runtime.imageStatus(name)).toEqual(image);
      const byDigest = await runtime.pullImage(image.digests[0]!);
      expect(byDigest.id).toBe(image.id);
      await runtime.removeImage(image.id);
      expect(await runtime.imageStatus(name)).toBeUndefined();
      await runtime.removeImage(image.id);
    });

    test('an image with several names goes with all of them', async () => {
      const name = remember(await push(open, 'twice:1'));
      const { id } = await runtime.pullImage(name);
      await docker(...(engine.host ? ['--host', engine.host] : []), 'tag', id, `${name}-again`);
      await runtime.removeImage(id);
      expect(await runtime.imageStatus(id)).toBeUndefined();
    });

    test('without a tag takes the latest', async () => {
      await push(open, 'tagless:latest');
      const image = await runtime.pullImage(remember(`${open.address}/tagless`));
      expect(image.tags).toEqual([`${open.address}/tagless:latest`]);
    });

    test('says what the registry said about a missing tag', async () => {
      await expect(runtime.pullImage(`${open.address}/plain:nope`)).rejects.toMatchObject({
        code: 'ERR_IMAGE_PULL',
        reason: 'ErrImagePull',
        message: expect.stringMatching(/manifest.*unknown/),
      });
    });

    test('tells a registry that is down from one that says no', async () => {
      await expect(runtime.pullImage(`${nobody}/x:1`)).rejects.toMatchObject({
        reason: 'RegistryUnavailable',
        message: expect.stringContaining(
          `image pull failed for ${nobody}/x:1 because the registry is unavailable.`,
        ),
      });
    });

    test('needs credentials where the registry does, and tries those it has in turn', async () => {
      const name = remember(await push(guarded, 'private:1'));
      const serverAddress = guarded.address;
      await expect(runtime.pullImage(name)).rejects.toMatchObject({
        reason: 'ErrImagePull',
        message: expect.stringMatching(/no basic auth credentials|unauthorized/),
      });
      const wrong = { username: 'edge', password: 'wrong', serverAddress };
      await expect(runtime.pullImage(name, { auths: [wrong] })).rejects.toMatchObject({
        reason: 'ErrImagePull',
        message: expect.stringMatching(/unauthorized|authentication required/),
      });
      const auth = Buffer.from(`${account.username}:${account.password}`).toString('base64');
      const image = await runtime.pullImage(name, { auths: [wrong, { auth, serverAddress }] });
      expect(image.tags).toEqual([name]);
    });

    test('is one pull for all who want the same at once', async () => {
      const single = remember(await push(open, 'single:1'));
      const name = remember(await push(open, 'wanted:1'));
      await runtime.pullImage(single);
      const images = await Promise.all(Array.from({ length: 3 }, () => runtime.pullImage(name)));
      expect(new Set(images.map(({ id }) => id)).size).toBe(1);
      const once = await eventually(() => open.manifestsServed('single:1'));
      await eventually(() => open.manifestsServed('wanted:1') >= once);
      expect(open.manifestsServed('wanted:1')).toBe(once);
    });

    test('gives up when nothing moves any more, and works again with the link', async () => {
      await push(open, 'stalled:1', 2 * 1024 * 1024);
      const name = remember(`${linked}/stalled:1`);
      link.after(500_000, () => {
        link.mode = 'stall';
      });
      const before = Date.now();
      await expect(runtime.pullImage(name, { progressDeadlineMs: 1_500 })).rejects.toMatchObject({
        reason: 'ErrImagePull',
        message: expect.stringMatching(/context canceled: the pull of .* made no progress for 1.5 s/),
      });
      expect(Date.now() - before).toBeGreaterThan(1_400);
      link.mode = 'pass';
      link.cut();
      expect((await runtime.pullImage(name)).tags).toEqual([name]);
    });

    test('gives up on a registry that dies in the middle of a layer, and works again when it is back', async () => {
      await push(open, 'dying:1', 2 * 1024 * 1024);
      const name = remember(`${linked}/dying:1`);
      let died: Promise<void> | undefined;
      link.after(500_000, () => {
        link.mode = 'stall';
        died = open.kill().then(() => link.cut());
      });
      await expect(runtime.pullImage(name, { progressDeadlineMs: 1_500 })).rejects.toMatchObject({
        code: 'ERR_IMAGE_PULL',
      });
      await died;
      link.mode = 'pass';
      await open.start();
      expect((await runtime.pullImage(name)).tags).toEqual([name]);
    });

    test('stops when nobody wants the image any more', async () => {
      await push(open, 'unwanted:1', 2 * 1024 * 1024);
      const name = remember(`${linked}/unwanted:1`);
      const abort = new AbortController();
      link.after(500_000, () => {
        link.mode = 'stall';
        abort.abort(new Error('pod deleted'));
      });
      await expect(runtime.pullImage(name, { signal: abort.signal })).rejects.toThrow('pod deleted');
      link.mode = 'pass';
      link.cut();
      expect(await runtime.imageStatus(name)).toBeUndefined();
    });
  });
}
