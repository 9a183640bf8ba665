import { SandboxError } from '../../errors.js';
import type { Sandbox, SandboxConfig, SandboxStatus } from '../../runtime.js';
import { cgroupParentFor } from '../cgroup-parent.js';
import { EngineError, engineText } from '../client/engine-error.js';
import { createNamed } from '../create.js';
import type { DockerContext } from '../docker-context.js';
import type { DockerImages } from '../images/docker-images.js';
import { inspectContainer, listByLabels } from '../inspect.js';
import { LABEL } from '../labels.js';
import { sandboxName } from '../names.js';
import { removeContainer, stopContainer } from '../remove.js';
import { canWriteEngineFiles, writeResolvConf } from './resolv-conf.js';
import { SANDBOX_OOM_SCORE, sandboxRequest } from './sandbox-request.js';
import { sandboxOfInspect, sandboxOfListing } from './sandbox-state.js';

/** Kubelet's time for a sandbox to stop: its process only holds namespaces. */
const STOP_TIMEOUT_MS = 10_000;

/** Pod sandboxes: containers that hold a pod's namespaces (edged.md §5). */
export class DockerSandboxes {
  readonly #context: DockerContext;
  readonly #images: DockerImages;
  #writesEngineFiles: Promise<boolean> | undefined;

  constructor(context: DockerContext, images: DockerImages) {
    this.#context = context;
    this.#images = images;
  }

  async list(podUid?: string): Promise<Sandbox[]> {
    const { client, options } = this.#context;
    const listings = await listByLabels(client, 'podsandbox', options.instance, { [LABEL.podUid]: podUid });
    return listings.map(sandboxOfListing);
  }

  async status(id: string): Promise<SandboxStatus> {
    return sandboxOfInspect(await inspectContainer(this.#context.client, id, 'sandbox'));
  }

  async run(config: SandboxConfig, signal?: AbortSignal): Promise<SandboxStatus> {
    await this.#images.ensure(config.image, { auths: config.auths, signal });
    try {
      const id = await this.#createAndStart(config, signal);
      await this.#setDns(id, config);
      return await this.status(id);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const { namespace, name } = config.pod;
      throw new SandboxError(`sandbox of pod ${namespace}/${name} failed: ${error.message}`, {
        cause: error,
      });
    }
  }

  async stop(id: string): Promise<void> {
    const { client, options } = this.#context;
    const containers = await this.#containersOf(id);
    const running = containers.filter(({ State }) => State === 'running' || State === 'paused');
    await Promise.all(running.map(({ Id }) => stopContainer(client, Id, 0, options.requestTimeoutMs)));
    await stopContainer(client, id, STOP_TIMEOUT_MS, options.requestTimeoutMs);
  }

  /** @param removeOne removes a container with what belongs to it. */
  async remove(id: string, removeOne: (containerId: string) => Promise<void>): Promise<void> {
    const containers = await this.#containersOf(id);
    await Promise.all(containers.map(({ Id }) => removeOne(Id)));
    await removeContainer(this.#context.client, id);
  }

  async #createAndStart(config: SandboxConfig, signal: AbortSignal | undefined): Promise<string> {
    const { client, oomScores } = this.#context;
    const score = oomScores.allowed(SANDBOX_OOM_SCORE);
    const id = await this.#create(config, score, signal);
    try {
      await this.#start(id, signal);
    } catch (error) {
      const text = engineText(error);
      if (!oomScores.suspects(text, score)) throw error;
      await removeContainer(client, id);
      const second = await this.#create(config, 0, signal);
      await this.#start(second, signal);
      oomScores.refuse(text);
      return second;
    }
    oomScores.learn(score);
    return id;
  }

  async #create(
    config: SandboxConfig,
    oomScoreAdj: number,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const { client, facts, options } = this.#context;
    const body = sandboxRequest(config, {
      cgroupParent: cgroupParentFor(await facts.cgroupDriver(), config.cgroupParent),
      oomScoreAdj,
      seccompDefault: options.seccompDefault,
      instance: options.instance,
      dnsByEngine: !(await this.#canWriteEngineFiles()),
    });
    return createNamed(client, sandboxName(config.pod, config.attempt), body, signal);
  }

  async #start(id: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#context.client.text({
      method: 'POST',
      path: `/containers/${id}/start`,
      ...(signal ? { signal } : {}),
    });
  }

  async #setDns(id: string, config: SandboxConfig): Promise<void> {
    if (!config.dns || !(await this.#canWriteEngineFiles())) return;
    const { client, facts } = this.#context;
    const { ResolvConfPath } = await inspectContainer(client, id, 'sandbox');
    try {
      await writeResolvConf(ResolvConfPath ?? '', await facts.rootDirectory(), config.dns);
    } catch (error) {
      // The next attempt lets the engine write it.
      this.#writesEngineFiles = Promise.resolve(false);
      const { namespace, name } = config.pod;
      throw new SandboxError(`resolv.conf of pod ${namespace}/${name} could not be written`, {
        cause: error,
      });
    }
  }

  #canWriteEngineFiles(): Promise<boolean> {
    this.#writesEngineFiles ??= this.#askWhetherWritable();
    this.#writesEngineFiles.catch(() => {
      this.#writesEngineFiles = undefined;
    });
    return this.#writesEngineFiles;
  }

  /** Podman writes resolv.conf as asked, and keeps it elsewhere. */
  async #askWhetherWritable(): Promise<boolean> {
    const { facts } = this.#context;
    return !(await facts.isPodman()) && canWriteEngineFiles(await facts.rootDirectory());
  }

  #containersOf(id: string) {
    const { client, options } = this.#context;
    return listByLabels(client, 'container', options.instance, { [LABEL.sandboxId]: id });
  }
}
