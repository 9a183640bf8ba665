import { silentLogger } from '@edgecore/api';
import type { ContainerStats } from '@edgecore/container-runtime';
import { figures } from '../../../src/server/stats/figures.js';
import { FakeHost } from '../../support/fake-host.js';
import { FakeRuntime } from '../../support/fake-runtime.js';
import { ManualClock } from '../../support/manual-clock.js';

/** An engine whose figures a test sets, and which answers when the test lets it. */
class MeasuredRuntime extends FakeRuntime {
  /** By container or sandbox id; others cannot be measured. */
  readonly figures = new Map<string, Partial<ContainerStats>>();
  /** Stats and disk usage wait for this. */
  gate: Promise<void> | undefined;
  asked: string[] = [];

  override async stats(id: string): Promise<ContainerStats> {
    this.asked.push(`stats ${id}`);
    await this.gate;
    const own = this.figures.get(id);
    if (!own) throw new Error('it does not run any more');
    return { ...(await super.stats(id)), ...own };
  }

  override async diskUsage(id = '') {
    this.asked.push(`disk ${id}`);
    await this.gate;
    return { writableBytes: 1000, logBytes: 0 };
  }
}

/** Edged's figures on an engine and a clock a test moves. */
export function figuresRig({
  agentMetrics,
  rootDirectory = '/nowhere',
}: {
  readonly agentMetrics?: string;
  readonly rootDirectory?: string;
} = {}) {
  const clock = new ManualClock();
  const runtime = new MeasuredRuntime(clock);
  const routes = figures(
    {
      nodeName: 'edge-1',
      runtime,
      clock,
      log: silentLogger,
      rootDirectory,
      podLogsDir: '/nowhere/logs',
      cpuQuota: true,
      cgroupOf: () => '/kubepods',
      pods: () => [],
      problem: () => undefined,
    },
    {
      address: '127.0.0.1',
      port: 'any',
      streamIdleTimeoutMs: 0,
      streamsTimeoutMs: 0,
      goneGraceMs: 0,
      host: new FakeHost(),
      ...(agentMetrics !== undefined && { metrics: async () => agentMetrics }),
    },
  );
  return {
    clock,
    runtime,
    get: (path: string): Promise<string> =>
      routes.find((route) => route.path === path)!.make(new URLSearchParams()),
    /** A pod with one running container, both measured. */
    async pod(uid: string, { name = uid, container = 'c' } = {}) {
      const pod = { uid, name, namespace: 'default' };
      const sandbox = await runtime.runSandbox({
        pod,
        attempt: 0,
        image: 'pause',
        hostname: name,
        labels: {},
        annotations: {},
        network: 'pod',
        pid: 'container',
        ipc: 'pod',
        ports: [],
        cgroupParent: '',
        sysctls: {},
        logDirectory: '/nowhere/logs',
      });
      const id = `${uid}-${container}`;
      runtime.containers.set(id, {
        id,
        sandboxId: sandbox.id,
        pod,
        name: container,
        state: 'running',
        createdAt: clock.now(),
        image: 'busybox:1',
        meta: {
          hash: 'x',
          restartCount: 0,
          terminationMessagePath: '',
          terminationMessagePolicy: 'File',
        },
      } as never);
      runtime.figures.set(id, { cpuNanoseconds: 3_000_000_000n, memoryWorkingSetBytes: 300 });
      runtime.figures.set(sandbox.id, { cpuNanoseconds: 1_000_000_000n, memoryWorkingSetBytes: 100 });
      return { sandboxId: sandbox.id, id };
    },
  };
}
