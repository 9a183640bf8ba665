import {
  type CloudLink,
  cloudProfiles,
  type Logger,
  ModuleName,
  MutableCloudLink,
  silentLogger,
} from '@edgecore/api';
import { type Bus, createBus, type StopReport } from '@edgecore/beehive';
import type { ContainerRuntime } from '@edgecore/container-runtime';
import type { DeviceTwin } from '@edgecore/devicetwin';
import { EdgeHub, isFatalHubError } from '@edgecore/edgehub';
import type { EdgeMesh } from '@edgecore/edgemesh';
import type { EventBus } from '@edgecore/eventbus';
import { MetaManager } from '@edgecore/metamanager';
import { openStore, type Store } from '@edgecore/store';
import { BOOTSTRAP_FILE, bootstrapFileFor, type EdgeCoreConfig } from '../config/index.js';
import { DbTest } from '../dbtest/db-test.js';
import { AgentServer } from '../observe/agent-server.js';
import { type AgentStatus, liveness, readiness } from '../observe/agent-status.js';
import { PrometheusMetrics } from '../observe/prometheus.js';
import { VERSION } from '../version.js';
import { chooseRuntime } from './choose-runtime.js';
import { deviceSource, deviceTwin, eventBus } from './devices.js';
import { edgeMesh } from './edge-mesh.js';
import { edgeStream } from './edge-stream.js';
import { type EdgedParts, edgedParts } from './edged-parts.js';
import { hubOptions } from './hub-options.js';
import { missingModules } from './missing-modules.js';
import { podLines } from './pod-lines.js';
import { rememberRuntime, usedDocker } from './runtime-memory.js';
import { serviceBus } from './service-bus.js';
import { socketPath } from './socket-path.js';
import { rememberVersion } from './version-memory.js';

export interface EdgeCoreOptions {
  /** Default: silent. */
  readonly log?: Logger;
  /** Instead of the one the configuration asks for; for embedders and tests. Stays open after {@link EdgeCore.stop}. */
  readonly runtime?: ContainerRuntime;
}

/** What lies outside the node (the cloud, an MQTT broker, mappers, other nodes) may be away: that does not make the node unready. */
const OFFLINE_CAPABLE: ReadonlySet<string> = new Set([
  ModuleName.edgehub,
  ModuleName.edgemesh,
  ModuleName.edgestream,
  ModuleName.eventbus,
  ModuleName.twin,
]);

/** An edge node, assembled: modules on a bus over one database, as the configuration says. */
export class EdgeCore {
  readonly #config: EdgeCoreConfig;
  readonly #log: Logger;
  readonly #options: EdgeCoreOptions;
  readonly #startedAt = Date.now();
  readonly #metrics = new PrometheusMetrics();
  readonly #bus: Bus;
  #store: Store | undefined;
  #runtime: ContainerRuntime | undefined;
  #hub: EdgeHub | undefined;
  #edged: EdgedParts | undefined;
  #twin: DeviceTwin | undefined;
  #eventBus: EventBus | undefined;
  #server: AgentServer | undefined;
  #stopping: Promise<StopReport> | undefined;

  constructor(config: EdgeCoreConfig, options: EdgeCoreOptions = {}) {
    this.#config = config;
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    this.#bus = createBus({ log: this.#log, metrics: this.#metrics });
  }

  /** Rejects when a module fails for good (a wrong token, say); the text is for the operator. Never resolves. */
  get failed(): Promise<never> {
    return this.#bus.failed;
  }

  /** Where `edgecore status` asks. */
  get socket(): string {
    return socketPath(this.#config);
  }

  /** The link to the cloud, from {@link start} on. */
  get link(): CloudLink | undefined {
    return this.#hub?.link;
  }

  /**
   * Opens the database and starts the modules.
   * @throws {StoreOpenError} @throws {StoreLockedError} @throws {AgentServerError} each saying what to do.
   */
  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends the modules, draining what they hold, then closes the database. Containers keep running. */
  stop(options: { graceMs?: number } = {}): Promise<StopReport> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  /** Gives an uncaught error to the module it belongs to; false when it belongs to none. */
  claimError(error: unknown): boolean {
    return this.#bus.claimError(error);
  }

  async status(): Promise<AgentStatus> {
    const owners = ['metamanager', 'twin', 'eventbus'];
    const outbox = this.#store
      ? await Promise.all(owners.map((owner) => this.#store!.outbox.size(owner)))
      : [];
    return {
      version: VERSION,
      pid: process.pid,
      startedAt: this.#startedAt,
      node: {
        name: this.#config.node.name,
        addresses: this.#edged?.addresses() ?? [],
        runtime: this.#runtime?.name ?? 'none',
      },
      link: this.#hub?.stats(),
      modules: this.#bus.report(),
      pods: podLines(this.#edged?.edged.pods() ?? []),
      store: {
        path: this.#config.database.path,
        outcome: this.#store?.outcome ?? 'closed',
        outbox: outbox.reduce((sum, size) => sum + size, 0),
      },
      ...(this.#eventBus?.endpoint ? { mqtt: this.#eventBus.endpoint.url } : {}),
      memoryBytes: process.memoryUsage.rss(),
    };
  }

  async #start(): Promise<void> {
    const config = this.#config;
    const missing = missingModules(config);
    if (missing.length > 0) {
      this.#log.info({ modules: missing }, 'switched on in the configuration, but not part of this version');
    }
    const store = await openStore({ path: config.database.path, log: this.#log });
    this.#store = store;
    await rememberVersion(store, this.#log);
    const link = this.#addHub();
    if (config.metaManager.enabled) this.#bus.add(this.#metaManager(store, link));
    const mesh = edgeMesh({ config, link, edged: () => this.#edged?.edged });
    if (mesh) this.#bus.add(mesh);
    if (config.edged.enabled) await this.#addEdged(store, link, mesh);
    this.#addDevices(store, link);
    if (config.serviceBus.enabled) this.#bus.add(serviceBus(config, store, link));
    if (config.edgeStream.enabled) this.#bus.add(edgeStream(config, () => this.#edged?.addresses()[0] ?? ''));
    this.#addDbTest();
    // Modules that talk to the cloud name it in `after`: it ends last and carries their last words.
    if (this.#hub) this.#bus.add(this.#hub, { when: 'onFailure', isFatal: isFatalHubError });
    this.#server = await AgentServer.listen(this.#source(), {
      socket: this.socket,
      port: config.status.port,
      devices: this.#twin && deviceSource(this.#twin),
      log: this.#log,
    });
    this.#bus.start();
  }

  #addHub(): CloudLink {
    const config = this.#config;
    if (!config.edgeHub.enabled) {
      this.#log.warn('edgeHub is off: this node never connects to a cloud');
      const profile = config.cloudProfile === 'auto' ? undefined : cloudProfiles[config.cloudProfile];
      return new MutableCloudLink(profile ? { profile } : {});
    }
    const bootstrap = config.file === undefined ? BOOTSTRAP_FILE : bootstrapFileFor(config.file);
    this.#hub = new EdgeHub(hubOptions(config, bootstrap));
    return this.#hub.link;
  }

  #metaManager(store: Store, link: CloudLink): MetaManager {
    const { metaManager, edged, node } = this.#config;
    return new MetaManager({
      store,
      link,
      nodeName: node.name,
      podStatusSyncIntervalMs: metaManager.podStatusSyncMs,
      remoteQueryTimeoutMs: metaManager.remoteQueryTimeoutMs,
      nodeStatusTimeoutMs: edged.status.updateMs,
    });
  }

  async #addEdged(store: Store, link: CloudLink, mesh: EdgeMesh | undefined): Promise<void> {
    const runtime =
      this.#options.runtime ??
      (await chooseRuntime(this.#config.edged, {
        usedDockerBefore: await usedDocker(store),
        log: this.#log,
      }));
    this.#runtime = runtime;
    await rememberRuntime(store, runtime.name);
    this.#edged = await edgedParts({
      config: this.#config,
      link,
      runtime,
      databaseRecreated: store.outcome === 'recreated',
      agentVersion: `v${VERSION}`,
      metrics: () => this.#metrics.text(),
      mesh,
    });
    this.#bus.add(this.#edged.edged);
  }

  #addDevices(store: Store, link: CloudLink): void {
    this.#eventBus = eventBus(this.#config, store, link);
    this.#twin = deviceTwin(this.#config, store, link);
    if (this.#eventBus) this.#bus.add(this.#eventBus);
    if (this.#twin) this.#bus.add(this.#twin);
  }

  #addDbTest(): void {
    const { enabled, address, port } = this.#config.dbTest;
    if (!enabled) return;
    this.#bus.add(
      new DbTest({
        address,
        port,
        pods: () =>
          (this.#edged?.edged.pods() ?? []).map(({ pod, status }) => ({
            ...pod,
            ...(status ? { status } : {}),
          })),
      }),
    );
  }

  #source() {
    return {
      liveness: () => liveness(this.#bus.report()),
      readiness: () => readiness(this.#bus.report(), OFFLINE_CAPABLE),
      status: () => this.status(),
      metrics: async () => {
        for (const { name, queued, restarts } of this.#bus.report()) {
          this.#metrics.gauge('edgecore_inbox_depth', queued, { module: name });
          this.#metrics.gauge('edgecore_module_restarts', restarts, { module: name });
        }
        this.#metrics.gauge('edgecore_requests_waiting', this.#bus.waiting);
        this.#metrics.gauge('edgecore_cloud_connected', this.#hub?.link.connected ? 1 : 0);
        return { contentType: this.#metrics.contentType, text: await this.#metrics.text() };
      },
    };
  }

  async #stop(options: { graceMs?: number }): Promise<StopReport> {
    const report = await this.#bus.stop(options);
    await this.#server?.close();
    if (!this.#options.runtime) await this.#runtime?.close();
    await this.#store?.close();
    return report;
  }
}

/** Assembles an edge node; nothing happens before {@link EdgeCore.start}. */
export function createEdgeCore(config: EdgeCoreConfig, options: EdgeCoreOptions = {}): EdgeCore {
  return new EdgeCore(config, options);
}
