import { eventually } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import type { RuntimeEvent } from '../../src/index.js';
import { codeOf, type Fixture } from './fixture.js';

export function eventTests(fixture: Fixture): void {
  test('tell of starts, ends and removals, with the pod they belong to', async () => {
    const { runtime } = fixture;
    const abort = new AbortController();
    const seen: RuntimeEvent[] = [];
    const reading = (async () => {
      for await (const event of runtime.events(abort.signal)) seen.push(event);
    })();
    await subscribed(fixture, seen);
    const { id, config } = await fixture.run('exit 0');
    await fixture.exited(id);
    await runtime.removeContainer(id);
    const mine = () => seen.filter(({ containerId }) => containerId === id);
    await eventually(() => mine().some(({ type }) => type === 'removed'));
    const types = mine().map(({ type }) => type);
    expect(types.filter((type) => type !== 'changed')).toEqual(['started', 'died', 'removed']);
    expect(new Set(mine().map(({ podUid }) => podUid))).toEqual(new Set([config.pod.uid]));
    abort.abort();
    await reading;
  });

  test('miss nothing that happens while the engine opens its stream', async () => {
    const { runtime } = fixture;
    const { id } = await fixture.runShared('sleep 1000');
    const abort = new AbortController();
    const seen: RuntimeEvent[] = [];
    const events = runtime.events(abort.signal)[Symbol.asyncIterator]();
    const first = events.next();
    const stop = runtime.stopContainer(id, 0);
    for (let event = await first; !event.done; event = await events.next()) {
      seen.push(event.value);
      if (event.value.containerId === id && event.value.type === 'died') abort.abort();
    }
    await stop;
    expect(seen.at(-1)).toMatchObject({ containerId: id, type: 'died' });
  });

  test('end at once when they are not wanted', async () => {
    for await (const event of fixture.runtime.events(AbortSignal.abort()))
      throw new Error(`got ${event.type}`);
  });

  test('the disk a container takes is measured, running or not', async () => {
    const { runtime } = fixture;
    const { capabilities } = fixture.setup;
    const { id } = await fixture.runShared('dd if=/dev/zero of=file bs=1024 count=300; echo done');
    await fixture.exited(id);
    const { writableBytes, logBytes } = await runtime.diskUsage(id);
    // A process without an image writes into the host's files.
    expect(writableBytes).toBeGreaterThanOrEqual(capabilities.images ? 300 * 1024 : 0);
    expect(logBytes).toBeGreaterThanOrEqual(0);
    expect(await codeOf(runtime.diskUsage('f'.repeat(64)))).toBe('ERR_RUNTIME_NOT_FOUND');
  });

  test('stats measure a running container', async () => {
    const { runtime } = fixture;
    const { id } = await fixture.runShared(
      'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done; sleep 1000',
    );
    await fixture.logged(id, 'done');
    const stats = await runtime.stats(id);
    expect(stats.id).toBe(id);
    expect(Math.abs(stats.time - Date.now())).toBeLessThan(5_000);
    expect(stats.cpuNanoseconds).toBeGreaterThan(0n);
    expect(stats.memoryUsageBytes).toBeGreaterThan(0);
    expect(stats.memoryWorkingSetBytes).toBeLessThanOrEqual(stats.memoryUsageBytes);
    expect(stats.pids).toBeGreaterThanOrEqual(1);
    await runtime.stopContainer(id, 0);
    expect(await codeOf(runtime.stats(id))).toBe('ERR_CONTAINER_NOT_RUNNING');
    expect(await codeOf(runtime.stats('f'.repeat(64)))).toBe('ERR_RUNTIME_NOT_FOUND');
  });
}

/** An engine opens its stream some time after it was asked to: makes events until one comes through. */
async function subscribed(fixture: Fixture, seen: readonly RuntimeEvent[]): Promise<void> {
  const { config, sandbox } = await fixture.sandbox();
  for (let restartCount = 0; seen.length === 0; restartCount++) {
    const overrides = { meta: { ...fixture.containerConfig(config, '').meta, restartCount } };
    const container = fixture.containerConfig(config, 'true', overrides);
    const id = await fixture.runtime.createContainer(sandbox.id, config, container);
    await fixture.runtime.startContainer(id);
    await fixture.exited(id);
  }
}
