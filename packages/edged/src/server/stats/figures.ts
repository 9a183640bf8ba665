import type { ServerSettings, ServerSource } from '../server-options.js';
import { cadvisorMetrics } from './cadvisor-metrics.js';
import { EXPOSITION_TYPE, exposition } from './exposition.js';
import { ownMetrics } from './own-metrics.js';
import { resourceMetrics } from './resource-metrics.js';
import { Sampler } from './sampler.js';
import { type PodStorage, PodStorages } from './storage.js';
import { type SummaryDisks, summary } from './summary.js';

export interface FigureRoute {
  readonly path: string;
  readonly contentType: string;
  make(query: URLSearchParams): Promise<string>;
}

/** The paths that answer with figures; they share their samples. */
export function figures(source: ServerSource, settings: ServerSettings): FigureRoute[] {
  const sampler = new Sampler(source, settings);
  const storages = new PodStorages(source, settings);
  const prometheus = (path: string, make: () => Promise<string>): FigureRoute => ({
    path,
    contentType: EXPOSITION_TYPE,
    make,
  });
  const resource = async () => exposition(resourceMetrics(await sampler.take()));
  return [
    {
      path: '/stats/summary',
      contentType: 'application/json',
      async make(query) {
        const sample = await sampler.take();
        const brief = /^(1|t|true)$/i.test(query.get('only_cpu_and_memory') ?? '');
        const disks = brief ? undefined : await disksOf(source, settings, await storages.of(sample.pods));
        return JSON.stringify(summary(source.nodeName, sample, disks), null, 1);
      },
    },
    prometheus('/metrics', async () => {
      const agent = (await settings.metrics?.()) ?? '';
      const isWhole = agent === '' || agent.endsWith('\n');
      return `${agent}${isWhole ? '' : '\n'}${exposition(await ownMetrics(source))}`;
    }),
    prometheus('/metrics/cadvisor', async () => {
      const sample = await sampler.take();
      const { cgroupOf, cpuQuota } = source;
      return exposition(
        cadvisorMetrics(sample, { storage: await storages.of(sample.pods), cgroupOf, cpuQuota }),
      );
    }),
    prometheus('/metrics/resource', resource),
    // Its name in 2020.
    prometheus('/metrics/resource/v1alpha1', resource),
  ];
}

async function disksOf(
  { runtime, rootDirectory, podLogsDir }: ServerSource,
  { host }: ServerSettings,
  pods: ReadonlyMap<string, PodStorage>,
): Promise<SummaryDisks> {
  const imagePath = await runtime.imageFilesystem().then(
    ({ path }) => path,
    () => undefined,
  );
  const [node, logs, image, images] = await Promise.all([
    host.fileSystem(rootDirectory),
    host.fileSystem(podLogsDir),
    imagePath === undefined ? undefined : host.fileSystem(imagePath),
    runtime.listImages().catch(() => []),
  ]);
  const usedBytes = images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return {
    pods,
    ...(node && { node }),
    ...(logs && { logs }),
    ...(image && { image: { ...image, usedBytes } }),
  };
}
