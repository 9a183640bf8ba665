import { createDockerRuntime, type DockerRuntime } from '@edgecore/container-runtime';
import { eventually, PAUSE_IMAGE, PrivateDocker, tempDir, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { containerOf, Harness, type PodObject, podObject } from '../support/harness.js';

// An engine and a bridge of one's own need root.
const describeDocker = process.getuid?.() === 0 ? await withDocker() : describe.skip;

describeDocker('checklist: an engine that only this agent uses', () => {
  let engine: PrivateDocker;
  let runtime: DockerRuntime;
  let edged: Harness;
  let foreign: string;

  beforeAll(async () => {
    engine = await PrivateDocker.create();
    const directory = await tempDir('edged-');
    runtime = createDockerRuntime({
      socketPath: engine.socket,
      containerLogsDir: `${directory}/container-logs`,
    });
    edged = new Harness({ runtime, directory, sandboxImage: PAUSE_IMAGE, relistMs: 500 });
    foreign = await engine.docker('run', '-d', PAUSE_IMAGE);
  });
  afterAll(async () => {
    await edged?.stop();
    await runtime?.close();
    await engine?.close();
  });

  /** Ends at once when asked to, so that the engine does, too. */
  const obedient = () => podObject({ containers: [{ name: 'c', image: PAUSE_IMAGE }] });
  const stateOf = (container: string) => engine.docker('inspect', '-f', '{{json .State}}', container);
  const nameOf = ({ metadata }: PodObject, container: string, instance: number) =>
    `k8s_${container}_${metadata.name}_${metadata.namespace}_${metadata.uid}_${instance}`;
  const addressOf = (container: string) =>
    engine.docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', container);

  test('#93 a container without labels is neither touched nor shown', async () => {
    const before = await stateOf(foreign);
    const pod = obedient();
    await edged.insert(pod);
    await edged.until(pod, (now) => containerOf(now).ready);
    const shown = [...(await runtime.listSandboxes()), ...(await runtime.listContainers())];
    expect(new Set(shown.map(({ pod: { uid } }) => uid))).toEqual(new Set([pod.metadata.uid]));
    expect(shown).toHaveLength(2);
    expect(edged.edged.pods().map((one) => one.pod.metadata.uid)).toEqual([pod.metadata.uid]);
    await edged.removeCompletely(pod);
    expect(await engine.docker('ps', '-aq', '--no-trunc')).toBe(foreign);
    expect(await stateOf(foreign)).toBe(before);
  });

  test('#90 the engine is restarted: new sandbox, one restart, the new address', async () => {
    const pod = obedient();
    await edged.insert(pod);
    const before = await edged.until(pod, (now) => containerOf(now).ready);
    expect(before.podIP).toBe(await addressOf(nameOf(pod, 'POD', 0)));

    await engine.stop();
    await eventually(() => edged.edged.health().state === 'degraded');
    await engine.start();
    const after = await edged.until(
      pod,
      (now) => containerOf(now).restartCount === 1 && containerOf(now).ready,
      { timeoutMs: 30_000 },
    );
    expect(`docker://${await engine.docker('inspect', '-f', '{{.Id}}', nameOf(pod, 'c', 1))}`).toBe(
      containerOf(after).containerID,
    );
    // The foreign container, which nobody restarts, has given its address free.
    expect(after.podIP).toBe(await addressOf(nameOf(pod, 'POD', 1)));
    expect(after.podIP).not.toBe(before.podIP);
    await edged.removeCompletely(pod);
    expect(await engine.docker('ps', '-aq', '--no-trunc')).toBe(foreign);
  });
});
