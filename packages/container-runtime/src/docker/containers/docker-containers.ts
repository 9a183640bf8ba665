import { ContainerCreateError, ContainerStartError, RuntimeNotFoundError } from '../../errors.js';
import type { Container, ContainerConfig, ContainerStatus, SandboxConfig } from '../../runtime.js';
import { cgroupParentFor } from '../cgroup-parent.js';
import { EngineError } from '../client/engine-error.js';
import { createNamed } from '../create.js';
import type { DockerContext } from '../docker-context.js';
import type { DockerImages } from '../images/docker-images.js';
import { inspectContainer, inspectIfPresent, listByLabels } from '../inspect.js';
import { LABEL } from '../labels.js';
import { containerName } from '../names.js';
import { removeContainer, stopContainer } from '../remove.js';
import { containerRequest } from './container-request.js';
import { containerOfInspect, containerOfListing } from './container-state.js';
import { FailedStarts } from './failed-starts.js';
import { LogLinks } from './log-links.js';
import { prepareMounts } from './mounts.js';

/** Containers of pods (edged.md §6). */
export class DockerContainers {
  readonly #context: DockerContext;
  readonly #images: DockerImages;
  readonly #logLinks: LogLinks;
  readonly #failedStarts = new FailedStarts();

  constructor(context: DockerContext, images: DockerImages) {
    this.#context = context;
    this.#images = images;
    this.#logLinks = new LogLinks(context.options.containerLogsDir, context.options.log);
  }

  async list(podUid?: string): Promise<Container[]> {
    const { client, options } = this.#context;
    const listings = await listByLabels(client, 'container', options.instance, { [LABEL.podUid]: podUid });
    if (podUid === undefined) this.#failedStarts.keepOnly(listings.map(({ Id }) => Id));
    return listings.map(containerOfListing);
  }

  async status(id: string): Promise<ContainerStatus> {
    const container = await inspectContainer(this.#context.client, id);
    return containerOfInspect(
      this.#failedStarts.complete(container),
      await this.#images.inspect(container.Image),
    );
  }

  async create(sandboxId: string, sandbox: SandboxConfig, config: ContainerConfig): Promise<string> {
    const { client, facts, options } = this.#context;
    const { pod } = sandbox;
    const name = containerName(pod, config.name, config.meta.restartCount);
    const body = containerRequest(sandbox, config, {
      sandboxId,
      cgroupParent: cgroupParentFor(await facts.cgroupDriver(), sandbox.cgroupParent),
      oomScoreAdj: await this.#oomScore(sandboxId, config.resources.oomScoreAdj ?? 0),
      seccompDefault: options.seccompDefault,
      logMaxSize: options.logMaxSize,
      logMaxFiles: options.logMaxFiles,
      instance: options.instance,
      joinHostName: await facts.isPodman(),
    });
    await prepareMounts(config.mounts);
    try {
      return await createNamed(client, name, body);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      // 404 or 400, depending on the engine.
      if (/no such container/i.test(error.message) && error.message.includes(sandboxId)) {
        throw new RuntimeNotFoundError('sandbox', sandboxId);
      }
      throw new ContainerCreateError(error.message, { cause: error });
    }
  }

  async start(id: string): Promise<void> {
    const { client, oomScores } = this.#context;
    try {
      await client.text({ method: 'POST', path: `/containers/${encodeURIComponent(id)}/start` });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (error.status === 404 && /no such container/i.test(error.message)) {
        throw new RuntimeNotFoundError('container', id);
      }
      // The container cannot be changed any more; the next one is created without the score.
      oomScores.blame(error.message);
      this.#failedStarts.record(id, error.message);
      throw new ContainerStartError(startErrorText(error.message), { cause: error });
    }
    // It runs: a log link is no reason to say it does not.
    const started = await inspectIfPresent(client, id).catch(() => undefined);
    if (started) await this.#logLinks.create(started);
  }

  async stop(id: string, timeoutMs: number): Promise<void> {
    await stopContainer(this.#context.client, id, timeoutMs, this.#context.options.requestTimeoutMs);
  }

  async remove(id: string): Promise<void> {
    const container = await inspectIfPresent(this.#context.client, id);
    if (!container) return;
    await removeContainer(this.#context.client, container.Id);
    this.#failedStarts.forget(container.Id);
    await this.#logLinks.remove(container);
  }

  collectGarbage(): Promise<void> {
    return this.#logLinks.sweep();
  }

  /** After a restart of the agent the running sandbox tells what its engine allows. */
  async #oomScore(sandboxId: string, wanted: number): Promise<number> {
    const { client, oomScores } = this.#context;
    if (wanted < 0 && !oomScores.known) {
      const sandbox = await inspectIfPresent(client, sandboxId);
      if (sandbox?.State.Running) oomScores.learn(sandbox.HostConfig.OomScoreAdj ?? 0);
    }
    return oomScores.allowed(wanted);
  }
}

function startErrorText(text: string): string {
  return /executable file not found/.test(text) ? 'executable not found in $PATH' : text;
}
