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
  withDocker,
} from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, type Harness, type PodObject, running } from '../support/harness.js';

const describeDocker = await withDocker();
const describeRegistry = registryInstalled() ? describeDocker : describe.skip;
const LARGE = 2 * 1024 * 1024;

describeRegistry('checklist: images from a registry', () => {
  const account = { username: 'edge', password: 'p:ss/wörd' };
  let fixture: DockerFixture;
  let edged: Harness;
  let open: Registry;
  let guarded: Registry;
  let link: TcpProxy;
  let linked: string;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    open = await startRegistry(join(fixture.directory, 'open'));
    guarded = await startRegistry(join(fixture.directory, 'guarded'), account);
    const port = await freePort();
    linked = `127.0.0.1:${port}`;
    link = await tcpProxy({ port, host: '127.0.0.1' }, { port: open.port, host: '127.0.0.1' });
    edged = await fixture.start({
      imageBackoff: { initialMs: 1_000 },
      // Time for two sandboxes on a busy machine: they queue while a pull stalls.
      imagePullProgressDeadlineMs: 10_000,
    });
  });
  afterAll(async () => {
    const pulled = await docker('images', '--format', '{{.Repository}}:{{.Tag}}');
    await fixture.close();
    await link.close();
    await Promise.all([open.kill(), guarded.kill()]);
    const ours = [open.address, guarded.address, linked];
    const images = pulled
      .split('\n')
      .filter((name) => ours.some((address) => name.startsWith(`${address}/`)));
    if (images.length > 0) await docker('rmi', ...images);
  });

  const waiting = (pod: PodObject) => {
    const status = edged.status(pod);
    return status?.containerStatuses ? containerOf(status).state.waiting : undefined;
  };
  /** Waits for a waiting reason of the container; its message. */
  async function held(pod: PodObject, reason: string): Promise<string> {
    await edged.until(pod, () => waiting(pod)?.reason === reason);
    // A later look may find the next reason.
    const all = edged.reporter.statuses.get(pod.metadata.uid) ?? [];
    const status = all.find(
      (one) => one.containerStatuses && containerOf(one).state.waiting?.reason === reason,
    );
    return containerOf(status!).state.waiting?.message ?? '';
  }
  const eventsOf = (pod: PodObject) =>
    edged.events
      .filter((event) => event.pod.metadata.uid === pod.metadata.uid && event.container === 'c')
      .map(({ type, reason, message }) => `${type} ${reason} ${message}`);
  const push = (registry: Registry, tag: string, bytes = 1024) =>
    registry.push(tag, { runnable: true, bytes });
  const privatePod = (image: string, ...secrets: string[]) =>
    fixture.pod({ image }, { imagePullSecrets: secrets.map((name) => ({ name })) });

  test('#74 both kinds of pull secrets; the status names the image with its digest', async () => {
    const { address } = guarded;
    const { username, password } = account;
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    const { objects } = edged;
    objects.secret(
      'json',
      { '.dockerconfigjson': JSON.stringify({ auths: { [address]: { auth } } }) },
      fixture.namespace,
    );
    objects.secret(
      'cfg',
      { '.dockercfg': JSON.stringify({ [`http://${address}`]: { username, password } }) },
      fixture.namespace,
    );
    const first = privatePod(await push(guarded, 'json:1'), 'json');
    const second = privatePod(await push(guarded, 'cfg:1'), 'missing', 'cfg');
    await Promise.all([first, second].map((pod) => edged.insert(pod)));
    const status = containerOf(await edged.until(first, running));
    expect(status.image).toBe(`${address}/json:1`);
    expect(status.imageID).toMatch(new RegExp(`^docker-pullable://${address}/json@sha256:[0-9a-f]{64}$`));
    await edged.until(second, running);
  });

  test('#74 no credentials, wrong ones: ErrImagePull with what the registry said', async () => {
    const { address } = guarded;
    const auth = Buffer.from('edge:wrong').toString('base64');
    edged.objects.secret(
      'wrong',
      { '.dockerconfigjson': JSON.stringify({ auths: { [address]: { auth } } }) },
      fixture.namespace,
    );
    const image = await push(guarded, 'refused:1');
    const none = privatePod(image);
    const wrong = privatePod(image, 'wrong');
    await Promise.all([none, wrong].map((pod) => edged.insert(pod)));
    expect(await held(none, 'ErrImagePull')).toMatch(/no basic auth credentials/);
    expect(await held(wrong, 'ErrImagePull')).toMatch(/unauthorized: authentication required/);
    await Promise.all([none, wrong].map((pod) => edged.removeCompletely(pod)));
  });

  test('#72 a missing tag: ErrImagePull, ImagePullBackOff, and it recovers when the tag is there', async () => {
    await push(open, 'late:0');
    const image = `${open.address}/late:1`;
    const pod = fixture.pod({ image });
    await edged.insert(pod);
    const error = await held(pod, 'ErrImagePull');
    expect(error).toMatch(/manifest for .* not found/);
    expect(await held(pod, 'ImagePullBackOff')).toBe(
      `Back-off pulling image "${image}": ErrImagePull: ${error}`,
    );
    await open.tag('late:0', '1');
    await edged.until(pod, running);
    const events = eventsOf(pod);
    const expected = [
      `Normal Pulling Pulling image "${image}"`,
      `Warning Failed Failed to pull image "${image}": ${error}`,
      `Normal BackOff Back-off pulling image "${image}"`,
      `Normal Pulled Successfully pulled image "${image}"`,
    ];
    expect([...new Set(events)].filter((event) => expected.includes(event))).toEqual(expected);
  });

  test('#72 a pull that stalls is ended and says so; who waits behind it may leave, or comes next', async () => {
    await push(open, 'stalled:1', LARGE);
    const behind = fixture.pod({ image: await push(open, 'behind:1') });
    const stalled = fixture.pod({ image: `${linked}/stalled:1` });
    link.after(500_000, () => {
      link.mode = 'stall';
    });
    await edged.insert(stalled);
    await eventually(() => link.mode === 'stall');
    const leaving = fixture.pod({ image: `${open.address}/never-asked:1` });
    await Promise.all([behind, leaving].map((pod) => edged.insert(pod)));
    await eventually(() => eventsOf(behind).length === 1 && eventsOf(leaving).length === 1);
    expect(open.manifestsServed('behind:1')).toBe(0);
    await edged.removeCompletely(leaving);
    expect(waiting(stalled)?.reason).toBe('ContainerCreating');
    expect(await held(stalled, 'ErrImagePull')).toMatch(
      /^context canceled: the pull of .*stalled:1 made no progress for 10 s; check the link to 127\.0\.0\.1/,
    );
    await edged.until(behind, running);
    link.mode = 'pass';
    link.cut();
    await edged.until(stalled, running);
  });

  test('#72 a registry that dies in the middle of a layer and comes back', async () => {
    await push(open, 'dying:1', LARGE);
    const pod = fixture.pod({ image: `${linked}/dying:1` });
    let died: Promise<void> | undefined;
    link.after(500_000, () => {
      link.mode = 'stall';
      died = open.kill().then(() => link.cut());
    });
    await edged.insert(pod);
    await edged.until(pod, () => /^(ErrImagePull|RegistryUnavailable)$/.test(waiting(pod)?.reason ?? ''));
    await held(pod, 'ImagePullBackOff');
    expect(died).toBeDefined();
    await died;
    link.mode = 'pass';
    await open.start();
    await edged.until(pod, running);
  });

  test('two pods that want the same image at once are one pull', async () => {
    const single = fixture.pod({ image: await push(open, 'single:1') });
    await edged.insert(single);
    await edged.until(single, running);
    const image = await push(open, 'shared:1');
    const pods = [fixture.pod({ image }), fixture.pod({ image })];
    await Promise.all(pods.map((pod) => edged.insert(pod)));
    await Promise.all(pods.map((pod) => edged.until(pod, running)));
    expect(open.manifestsServed('shared:1')).toBe(open.manifestsServed('single:1'));
  });

  test('#71 Always asks the registry again, Never asks nobody', async () => {
    const image = await push(open, 'policy:1');
    const never = fixture.pod({ image, imagePullPolicy: 'Never' });
    await edged.insert(never);
    expect(await held(never, 'ErrImageNeverPull')).toBe(
      `Container image "${image}" is not present with pull policy of Never`,
    );
    expect(open.manifestsServed('policy:1')).toBe(0);
    const always = fixture.pod({ image, imagePullPolicy: 'Always' });
    await edged.insert(always);
    await edged.until(always, running);
    await edged.until(never, running);
    const before = open.manifestsServed('policy:1');
    const again = fixture.pod({ image, imagePullPolicy: 'Always' });
    const content = fixture.pod({ image });
    await Promise.all([again, content].map((pod) => edged.insert(pod)));
    await Promise.all([again, content].map((pod) => edged.until(pod, running)));
    expect(open.manifestsServed('policy:1')).toBe(2 * before);
    expect(eventsOf(content)).toContain(
      `Normal Pulled Container image "${image}" already present on machine`,
    );
  });
});
