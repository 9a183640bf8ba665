import { type CloudLink, isKubeObject, type Logger, Operation, ResourceType } from '@edgecore/api';
import type { Message, ModuleContext } from '@edgecore/beehive';
import type { ContainerRuntime } from '@edgecore/container-runtime';
import { createMetaClient } from '@edgecore/metaclient';
import { conditionEvents } from '../node/condition-events.js';
import { ConditionTimes } from '../node/conditions.js';
import type { DialectContext } from '../node/dialect.js';
import { type Host, systemHost } from '../node/host.js';
import { LegacyDialect } from '../node/legacy-dialect.js';
import { ModernDialect } from '../node/modern-dialect.js';
import { NodeAgent } from '../node/node-agent.js';
import { NodeObserver } from '../node/node-observer.js';
import { NodePressure } from '../node/node-pressure.js';
import type { ExtendResources, NodeTaint } from '../node/node-types.js';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../node/threshold.js';
import { type Clock, systemClock } from '../ports/clock.js';
import type { NodeApi } from '../ports/node-api.js';
import type { EventApi, ReportApi } from '../ports/report-api.js';
import type { PodSource, Reporter } from '../ports/status-sink.js';
import { CloudEvents, type EventRecorder } from './event-recorder.js';
import { PodReports } from './pod-reports.js';

export interface ReporterOptions {
  readonly nodeName: string;
  readonly link: CloudLink;
  readonly runtime: Pick<ContainerRuntime, 'name' | 'version' | 'status'>;
  /** Version in `nodeInfo.kubeletVersion`, after `-kubeedge-`. Default `v0.1.0`. */
  readonly agentVersion?: string;
  /** Address to report. Default: found on the machine (default route's interface). */
  readonly nodeIp?: string;
  /** Interface whose first IPv4 is the node's address. Default: that of the default route. */
  readonly interfaceName?: string;
  /** Default true; false reports the status of a node somebody else creates. */
  readonly registerNode?: boolean;
  /** Namespace word of node resources in legacy form. Default `default`. */
  readonly registerNamespace?: string;
  /** Labels besides the standard ones. Default none. */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** Default none. */
  readonly registerWithTaints?: readonly NodeTaint[];
  /** Default true. */
  readonly registerSchedulable?: boolean;
  /** Default 110. */
  readonly maxPods?: number;
  /** Port of edged's HTTP server. Default 10350. */
  readonly kubeletPort?: number;
  /** Period of the node status. Default 10 000 ms. */
  readonly nodeStatusPeriodMs?: number;
  /** Modern: an unchanged status is sent this often. Default 300 000 ms. */
  readonly nodeReportPeriodMs?: number;
  /** How long a registration may take. Default 60 000 ms. */
  readonly registerTimeoutMs?: number;
  /** Default 40 s. */
  readonly leaseDurationSeconds?: number;
  /** The file system counted as `nodefs`. Default `/var/lib/edged`. */
  readonly rootDirectory?: string;
  /** `evictionHard`. Default {@link DEFAULT_THRESHOLDS}. */
  readonly thresholds?: Thresholds;
  /** Tells the pressure conditions; share it with `Edged`, which evicts pods. Default: one of its own with `thresholds`. */
  readonly pressure?: NodePressure;
  /** The engine counts as down when it does not answer for this long. Default 5000 ms. */
  readonly engineTimeoutMs?: number;
  /** Pod status changes within this time are one message. Default 200 ms. */
  readonly statusDebounceMs?: number;
  /** Back-off of refused reports and of the deletion handshake. Defaults 10 000 and 300 000 ms. */
  readonly retryMs?: number;
  readonly retryMaxMs?: number;
  /** Send events to clouds that have them. Default false. */
  readonly reportEvent?: boolean;
  /** Default 50 events per second, 100 at once. */
  readonly eventsPerSecond?: number;
  readonly eventBurst?: number;
  /** Extended resources of the legacy status. Default none. */
  readonly extendResources?: () => Promise<ExtendResources | null>;
  readonly host?: Host;
  readonly clock?: Clock;
  /** Default: the module's own. */
  readonly log?: Logger;
  /** Default: a `MetaClient` on the module's context. */
  readonly createApi?: (ctx: ModuleContext) => NodeApi & ReportApi & { readonly events: EventApi };
}

/** The reporting half of edged: node, pod statuses, events. */
export class CloudReporter implements Reporter {
  /** For the pod half; events reach the cloud only with `reportEvent`. */
  readonly events: EventRecorder;
  readonly #events: CloudEvents;
  readonly #pods: PodReports;
  readonly #clock: Clock;
  #agent: NodeAgent | undefined;

  constructor(private readonly options: ReporterOptions) {
    const { link, nodeName } = options;
    this.#clock = options.clock ?? systemClock;
    this.#events = new CloudEvents({
      link,
      nodeName,
      clock: this.#clock,
      enabled: options.reportEvent ?? false,
      perSecond: options.eventsPerSecond ?? 50,
      burst: options.eventBurst ?? 100,
    });
    this.events = this.#events;
    this.#pods = new PodReports({
      link,
      clock: this.#clock,
      debounceMs: options.statusDebounceMs ?? 200,
      retryMs: options.retryMs ?? 10_000,
      retryMaxMs: options.retryMaxMs ?? 300_000,
    });
  }

  podStatus(...args: Parameters<Reporter['podStatus']>): void {
    this.#pods.podStatus(...args);
  }

  podTerminated(...args: Parameters<Reporter['podTerminated']>): void {
    this.#pods.podTerminated(...args);
  }

  podForgotten(uid: string): void {
    this.#pods.podForgotten(uid);
  }

  async run(ctx: ModuleContext, pods: PodSource): Promise<void> {
    const { options } = this;
    const api =
      options.createApi?.(ctx) ??
      createMetaClient({
        ctx,
        link: options.link,
        source: ctx.name,
        ...(options.registerNamespace !== undefined && { registerNamespace: options.registerNamespace }),
      });
    const log = options.log ?? ctx.log;
    const agent = this.#nodeAgent(api, log, () => pods.volumesInUse?.() ?? []);
    this.#agent = agent;
    this.#events.use({ api: api.events, log });
    this.events.event('node', 'Normal', 'Starting', 'Starting kubelet.');
    try {
      await Promise.all([agent.run(ctx.signal), this.#pods.run({ api, pods, log }, ctx.signal)]);
    } finally {
      this.#agent = undefined;
      this.#events.use(undefined);
    }
  }

  handle(message: Message): boolean {
    const [, type, name] = message.resource.split('/');
    if (type === ResourceType.node && name === this.options.nodeName) {
      if (message.operation === Operation.delete) this.#agent?.nodePushed(undefined);
      else if (isKubeObject(message.content)) this.#agent?.nodePushed(message.content);
      return true;
    }
    // Answers nobody waits for any more; their reports have been repeated.
    const late = message.operation === Operation.response || message.operation === Operation.error;
    return late && REPORTED.has(type ?? '');
  }

  #nodeAgent(api: NodeApi, log: Logger, volumesInUse: () => readonly string[]): NodeAgent {
    const { options } = this;
    const { nodeName } = options;
    const clock = this.#clock;
    const host = options.host ?? systemHost;
    const rootDirectory = options.rootDirectory ?? '/var/lib/edged';
    const thresholds = options.thresholds ?? DEFAULT_THRESHOLDS;
    const observer = new NodeObserver({
      nodeName,
      nodeIp: options.nodeIp,
      interfaceName: options.interfaceName,
      host,
      runtime: options.runtime,
      clock,
      rootDirectory,
      volumesInUse,
      maxPods: options.maxPods ?? 110,
      kubeletPort: options.kubeletPort ?? 10_350,
      agentVersion: options.agentVersion ?? 'v0.1.0',
      thresholds,
      pressure:
        options.pressure ??
        new NodePressure({ thresholds: { hard: thresholds }, rootDirectory, host, clock }),
      engineTimeoutMs: options.engineTimeoutMs ?? 5000,
    });
    const context: DialectContext = {
      api,
      clock,
      log,
      registration: {
        nodeName,
        labels: options.nodeLabels ?? {},
        taints: options.registerWithTaints ?? [],
        schedulable: options.registerSchedulable ?? true,
      },
      registerNode: options.registerNode ?? true,
      statusPeriodMs: options.nodeStatusPeriodMs ?? 10_000,
      reportPeriodMs: options.nodeReportPeriodMs ?? 300_000,
      registerTimeoutMs: options.registerTimeoutMs ?? 60_000,
      leaseDurationSeconds: options.leaseDurationSeconds ?? 40,
      times: new ConditionTimes(),
      observe: (signal) => observer.observe(signal),
      extendResources: options.extendResources ?? (async () => null),
      onConditions: conditionEvents(nodeName, (type, reason, message) =>
        this.events.event('node', type, reason, message),
      ),
    };
    return new NodeAgent({
      link: options.link,
      clock,
      log,
      retryMs: 1000,
      createDialect: (name) => (name === 'legacy' ? new LegacyDialect(context) : new ModernDialect(context)),
    });
  }
}

const REPORTED: ReadonlySet<string> = new Set([
  ResourceType.node,
  ResourceType.nodestatus,
  ResourceType.nodepatch,
  ResourceType.lease,
  ResourceType.podstatus,
  ResourceType.podpatch,
  ResourceType.event,
]);
