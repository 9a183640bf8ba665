import { docker, freePort, tempDir, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createDockerRuntime, type DockerRuntime } from '../../../src/index.js';
import { type TcpProxy, tcpProxy } from '../../tcp-proxy.js';
import { type Registry, registryInstalled, startRegistry } from './registry.js';

const describeDocker = await withDocker();
const describeRegistry = registryInstalled() ? describeDocker : describe.skip;

describeRegistry('pulling from a registry', () => {
  jest.setTimeout(30_000);
  const account = { username: 'edge', password: 'p:ss/wörd' };
  let runtime: DockerRuntime;
  let open: Registry;
  let guarded: Registry;
  let link: TcpProxy;
  let linked: string;
  const images: string[] = [];

  beforeAll(async () => {
    runtime = createDockerRuntime();
    open = await startRegistry(await tempDir());
    guarded = await startRegistry(await tempDir(), account);
    const port = await freePort();
    linked = `127.0.0.1:${port}`;
    link = await tcpProxy({ port, host: '127.0.0.1' }, { port: open.port, host: '127.0.0.1' });
  });
  afterAll(async () => {
    await Promise.all(images.map((image) => runtime.removeImage(image)));
    await runtime.close();
    await link.close();
    await Promise.all([open.close(), guarded.close()]);
  });

  function remember(image: string): string {
    images.push(image);
    return image;
  }

  test('gives the image, with its digest for pod statuses', async () => {
    const name = remember(await open.push('plain:1'));
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
    const name = remember(await open.push('twice:1'));
    const { id } = await runtime.pullImage(name);
    await docker('tag', id, `${name}-again`);
    await runtime.removeImage(id);
    expect(await runtime.imageStatus(id)).toBeUndefined();
  });

  test('without a tag takes the latest', async () => {
    await open.push('tagless:latest');
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
    const port = await freePort();
    await expect(runtime.pullImage(`127.0.0.1:${port}/x:1`)).rejects.toMatchObject({
      reason: 'RegistryUnavailable',
      message: expect.stringContaining(
        `image pull failed for 127.0.0.1:${port}/x:1 because the registry is unavailable.`,
      ),
    });
  });

  test('needs credentials where the registry does, and tries those it has in turn', async () => {
    const name = remember(await guarded.push('private:1'));
    const serverAddress = guarded.address;
    await expect(runtime.pullImage(name)).rejects.toMatchObject({
      reason: 'ErrImagePull',
      message: expect.stringMatching(/no basic auth credentials|unauthorized/),
    });
    const wrong = { username: 'edge', password: 'wrong', serverAddress };
    await expect(runtime.pullImage(name, { auths: [wrong] })).rejects.toMatchObject({
      reason: 'ErrImagePull',
    });
    const auth = Buffer.from(`${account.username}:${account.password}`).toString('base64');
    const image = await runtime.pullImage(name, { auths: [wrong, { auth, serverAddress }] });
    expect(image.tags).toEqual([name]);
  });

  test('gives up when nothing moves any more, and works again with the link', async () => {
    await open.push('stalled:1', 2 * 1024 * 1024);
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

  test('gives up on a registry that dies in the middle, and works again when it is back', async () => {
    await open.push('dying:1', 2 * 1024 * 1024);
    const name = remember(`${linked}/dying:1`);
    link.after(500_000, () => {
      link.mode = 'refuse';
      link.cut();
    });
    await expect(runtime.pullImage(name, { progressDeadlineMs: 1_500 })).rejects.toMatchObject({
      code: 'ERR_IMAGE_PULL',
    });
    link.mode = 'pass';
    expect((await runtime.pullImage(name)).tags).toEqual([name]);
  });

  test('stops when nobody wants the image any more', async () => {
    await open.push('unwanted:1', 2 * 1024 * 1024);
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
