import { MutableCloudLink, noMetrics, profile2020, profileCurrent, silentLogger } from '@edgecore/api';
import { createBus, errorTo, type Message, type ModuleContext, responseTo } from '@edgecore/beehive';
import type { Pod, PodSnapshot } from '@edgecore/edged';
import type { PodSource } from '../../src/ports/status-sink.js';
import { CloudReporter, type ReporterOptions } from '../../src/report/reporter.js';
import { FakeClock, settled } from './fake-clock.js';
import { FakeHost } from './fake-host.js';
import { applyPatch } from './strategic-merge.js';

export const NODE = 'n1';
export const NODE_UID = 'ce1019f3-a868-4bf7-9f7e-0932397bf121';

/** Keeps a request unanswered. */
export const SILENCE = Symbol('silence');

export function failure(reason: string, code: number, message = reason) {
  return { ErrStatus: { metadata: {}, status: 'Failure', message, reason, code } };
}
export const notFound = failure('NotFound', 404);

/** What a script may answer: a content, {@link SILENCE}, an `Error` (operation `error`), `undefined` (as a healthy cloud). */
export type Script = (message: Message) => unknown;

/** Content that answers as MetaManager does offline. */
export const OFFLINE = new Error('connection lost between EdgeCore and CloudCore');

/** A cloud that takes everything, behind a bus on which the reporter speaks through a real MetaClient. */
export class FakeCloud {
  readonly bus = createBus();
  readonly clock = new FakeClock();
  readonly host = new FakeHost();
  readonly link: MutableCloudLink;
  /** Everything that went up, with the time it did. */
  readonly sent: (Message & { readonly at: number })[] = [];
  readonly reporter: CloudReporter;
  readonly held = new Map<string, Pod>();
  readonly gone: string[] = [];
  /** Names of CSI volumes of pods here. */
  volumesInUse: readonly string[] = [];
  /** The engine's answer to `status()`. */
  engine: () => Promise<{ ready: boolean; reason?: string }> = async () => ({ ready: true });
  node: Record<string, unknown> | undefined;
  lease: Record<string, unknown> | undefined;
  script: Script = () => undefined;
  readonly #end = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #version = 100;
  #metaManager: ModuleContext | undefined;

  constructor(cloud: '2020' | 'current' | 'undecided', options: Partial<ReporterOptions> = {}) {
    const profile = { '2020': profile2020, current: profileCurrent, undecided: undefined }[cloud];
    this.link = new MutableCloudLink({ connected: true, ...(profile && { profile }) });
    this.reporter = new CloudReporter({
      nodeName: NODE,
      link: this.link,
      clock: this.clock,
      host: this.host,
      agentVersion: 'v1.4.0-alpha.0',
      runtime: {
        name: 'docker',
        status: () => this.engine(),
        version: async () => ({ runtime: 'docker://20.10.24', version: '20.10.24' }),
      },
      ...options,
    });
  }

  async start(): Promise<this> {
    const metaManager = this.bus.join('metamanager', 'meta');
    this.#metaManager = metaManager;
    const edged = this.bus.join('edged');
    const serving = (async () => {
      for await (const request of metaManager.receive()) {
        this.sent.push(Object.assign({ ...request }, { at: this.clock.now() }));
        const answer = this.script(request) ?? this.#healthy(request);
        if (answer === SILENCE) continue;
        metaManager.deliver(
          answer instanceof Error
            ? errorTo(request, answer.message, { source: 'metamanager' })
            : responseTo<unknown>(request, answer, {
                // Lists of texts are rows of the database.
                source: Array.isArray(answer) ? 'metamanager' : 'edgecontroller',
              }),
        );
      }
    })();
    const ctx: ModuleContext = {
      name: 'edged',
      signal: this.#end.signal,
      log: silentLogger,
      metrics: noMetrics,
      receive: () => edged.receive(),
      send: (...args) => edged.send(...args),
      sendToGroup: (...args) => edged.sendToGroup(...args),
      request: (...args) => edged.request(...args),
      respond: (...args) => edged.respond(...args),
      deliver: (...args) => edged.deliver(...args),
    };
    const pods: PodSource = {
      pods: (): PodSnapshot[] => [],
      holds: (uid) => this.held.has(uid),
      podGone: (uid) => this.gone.push(uid),
      volumesInUse: () => this.volumesInUse,
    };
    const reporting = this.reporter.run(ctx, pods);
    this.#running = reporting.then(async () => {
      metaManager.close();
      edged.close();
      await serving;
      await this.bus.stop();
    });
    await settled();
    return this;
  }

  async stop(): Promise<void> {
    this.#end.abort(new Error('stopped'));
    await this.#running;
  }

  /** `operation resource` of what went up, of one type if given. */
  routes(type?: string): string[] {
    return this.of(type).map(({ operation, resource }) => `${operation} ${resource}`);
  }

  of(type?: string): (Message & { readonly at: number })[] {
    return this.sent.filter(({ resource }) => type === undefined || resource.split('/')[1] === type);
  }

  /** Answers a request that was left in silence, as a healthy cloud would. */
  answer(request: Message): void {
    this.#metaManager?.deliver(
      responseTo<unknown>(request, this.#healthy(request), { source: 'edgecontroller' }),
    );
  }

  #healthy({ operation, resource, content }: Message): unknown {
    const type = resource.split('/')[1];
    switch (type) {
      case 'node':
        if (operation === 'insert') {
          if (this.node) return { Object: null, Err: failure('AlreadyExists', 409) };
          this.node = stamped({ ...(content as object) }, { uid: NODE_UID }, ++this.#version);
        }
        return { Object: this.node, Err: null };
      case 'nodepatch':
        if (!this.node) return { Object: null, Err: notFound };
        this.node = stamped(applyPatch(this.node, JSON.parse(content as string)), {}, ++this.#version);
        return { Object: this.node, Err: null };
      case 'lease':
        if (operation === 'query' || operation === 'update') {
          if (!this.lease) return { Object: null, Err: notFound };
        }
        if (operation !== 'query') this.lease = stamped({ ...(content as object) }, {}, ++this.#version);
        return { Object: this.lease, Err: null };
      case 'podpatch':
        return { Object: { metadata: { name: resource.split('/')[2] } }, Err: null };
      default:
        return 'OK';
    }
  }
}

function stamped(object: Record<string, unknown>, metadata: object, version: number) {
  return {
    ...object,
    metadata: { ...(object['metadata'] as object), ...metadata, resourceVersion: String(version) },
  };
}
