import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from './agent.mjs';
import { Cloud } from './cloud.mjs';
import { removeContainersOf } from './docker.mjs';

/**
 * Runs `body` with a cloud and an agent joined to it, each in its own process,
 * and removes every pod it started.
 *
 * @param {{ runtime: 'docker' | 'process', profile?: '2020' | 'current', image?: string, pauseImage?: string, timeoutMs?: number, loopDelay?: boolean, mqttPort?: number }} options
 */
export async function withSite(
  { runtime, profile = 'current', image, pauseImage, timeoutMs, loopDelay, mqttPort },
  body,
) {
  const dir = await mkdtemp(join(tmpdir(), 'edgecore-bench-'));
  const nodeName = `bench-${process.pid}`;
  const cloud = await Cloud.start({ dataDir: join(dir, 'cloud'), profile }, timeoutMs);
  const running = new Set();
  let agent;
  try {
    const ready = cloud.nodeReady(nodeName);
    // An agent that does not start is told of first.
    ready.catch(() => {});
    agent = await Agent.start({
      dir: join(dir, 'node'),
      nodeName,
      runtime,
      profile,
      pauseImage,
      cloud,
      loopDelay,
      mqttPort,
    });
    await ready;
    return await body({
      cloud,
      agent,
      node: nodeName,
      async run(names, container = sleeper) {
        for (const name of names) running.add(name);
        return cloud.run(names.map((name) => pod(name, nodeName, { image, ...container })));
      },
      async remove(names) {
        await cloud.remove(names);
        for (const name of names) running.delete(name);
      },
    });
  } finally {
    if (running.size > 0) await cloud.remove([...running]).catch((error) => console.error(error.message));
    await agent?.stop();
    await cloud.stop();
    if (runtime === 'docker') await removeContainersOf(nodeName);
    await rm(dir, { recursive: true, force: true });
  }
}

/** A container that sleeps and ends at once when told to. */
const sleeper = {
  command: ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done'],
};

function pod(name, nodeName, { image = 'none', ...container }) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image, imagePullPolicy: 'IfNotPresent', ...container }],
    },
  };
}
