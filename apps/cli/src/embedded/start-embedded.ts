import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '@edgecore/api';
import {
  type AgentStatus,
  createEdgeCore,
  createLogger,
  type EdgeCore,
  formatProblem,
  hostFacts,
  loadConfig,
  runEdgeCore,
} from '@edgecore/edgecore';
import { loggerOptions, type StartOptions } from '../commands/start.js';
import { dockerEndpointOf, engineRequest } from '../docker/engine-request.js';
import { CliError } from '../errors.js';
import { type CliIo, line } from '../io.js';
import { Announcer } from './announcer.js';
import { addExample } from './example.js';
import { type ExampleDevice, hasExampleDevice, spawnExampleDevice } from './example-device.js';
import { forkCloud } from './forked-cloud.js';
import { ensureImages } from './images.js';
import { freeMqttPort } from './mqtt-port.js';
import { prepareNode } from './node-config.js';
import { type EmbeddedPaths, embeddedPaths } from './paths.js';

/** Runs a cloud and a node on this machine until a signal ends them; resolves with the exit code. */
export async function startEmbedded(options: StartOptions, io: CliIo): Promise<number> {
  const paths = withManifests(embeddedPaths(options.dataDir), options.manifests);
  for (const directory of [paths.root, paths.cloud, paths.node]) {
    await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      throw new CliError(`cannot make ${directory} (${error.code}); choose another place with --data-dir`);
    });
  }
  await mkdir(paths.manifests, { recursive: true });
  const exampleAdded = options.example && (await addExample(paths.manifests));
  const dockerEndpoint = dockerEndpointOf(io.env);
  const docker = options.runtime === 'process' ? undefined : await prepareDocker(dockerEndpoint, options);
  const log = await createLogger(loggerOptions(options, 'warn'));
  const announcer = new Announcer(io.stdout, { paths, exampleAdded, docker });
  const cloud = await (io.startCloud ?? forkCloud)({
    dataDir: paths.cloud,
    manifestsDir: paths.manifests,
    logLevel: options.logLevel ?? 'warn',
    onMessage: (message) => announcer.onCloud(message),
  });
  let device: ExampleDevice | undefined;
  try {
    await prepareNode({
      paths,
      host: await hostFacts(),
      nodeName: options.nodeName,
      hubPort: cloud.hubPort,
      httpsPort: cloud.httpsPort,
      tunnelPort: cloud.tunnelPort,
      runtime: options.runtime,
      dockerEndpoint,
      mqttPort: options.mqttPort ?? (await freeMqttPort()),
      settings: options.set,
    });
    const { config, problems } = await loadConfig(paths.config, { env: {} });
    for (const problem of problems) {
      if (problem.severity === 'warning') log.warn(formatProblem(problem));
    }
    const core = createEdgeCore(config, { log });
    return await runEdgeCore(core, {
      log,
      async onStarted() {
        const hasDevice = options.example && (await hasExampleDevice(paths));
        if (hasDevice) device = (io.startDevice ?? spawnExampleDevice)(paths);
        announcer.started(await statusWithMqtt(core), cloud, hasDevice);
      },
      ...(io.signal ? { signal: io.signal } : {}),
    });
  } finally {
    await Promise.all([device?.stop(), cloud.stop()]);
    line(io.stdout, 'Stopped. Pods that were running still are; the next start takes them up again.');
  }
}

/** The status once devices can connect; as it is when that takes long. */
async function statusWithMqtt(core: EdgeCore): Promise<AgentStatus> {
  for (let tries = 1; ; tries += 1) {
    const status = await core.status();
    if (status.mqtt !== undefined || tries === 30) return status;
    await sleep(100);
  }
}

function withManifests(paths: EmbeddedPaths, manifests: string | undefined): EmbeddedPaths {
  return manifests === undefined ? paths : { ...paths, manifests: resolve(manifests) };
}

/** Docker's version once it has the images the example needs; `undefined` when there is no Docker. */
async function prepareDocker(endpoint: string, { runtime }: StartOptions): Promise<string | undefined> {
  let version: string;
  try {
    const answer = JSON.parse(await engineRequest(endpoint, { path: '/version' })) as { Version?: string };
    version = answer.Version ?? 'of unknown version';
  } catch (error) {
    if (runtime === 'auto') return undefined;
    throw new CliError(
      `Docker does not answer at ${endpoint}: ${errorText(error)}; start it, or use --runtime process`,
    );
  }
  await ensureImages(endpoint);
  return version;
}
