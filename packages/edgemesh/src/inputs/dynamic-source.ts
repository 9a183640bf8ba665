import { type CloudLink, errorText, isKubeObject, type Logger } from '@edgecore/api';
import type { ModuleContext } from '@edgecore/beehive';
import type { Catalog } from '../model/catalog.js';
import { askDynamicController, itemsOf } from './application.js';
import type { InputTarget } from './inputs.js';
import type { Rows } from './rows.js';

export interface DynamicSourceOptions {
  readonly ctx: ModuleContext;
  readonly link: CloudLink;
  readonly hub: string;
  readonly nodeName: string;
  readonly catalog: Catalog;
  readonly target: InputTarget & {
    keepEndpoints(objects: readonly unknown[]): void;
    dropPods(namespace: string, service: string): void;
  };
  readonly rows: Rows;
  /** Deadline of each question to the cloud. */
  readonly timeoutMs: number;
  readonly log: Logger;
}

const SERVICES = '/core/v1/services/null/null';
const ENDPOINTS = '/core/v1/endpoints/null/null';
/** Changes of endpoints come in bursts; pods are asked for after the last one. */
const SETTLE_MS = 500;

/**
 * Services and endpoints of today's cloud: one list after each connect, which
 * shows what is gone, then watches, whose objects come like pushed ones (edgemesh.md §11.1).
 */
export class DynamicSource {
  readonly #unsubscribe: () => void;
  #session: AbortController | undefined;
  #refresh: NodeJS.Timeout | undefined;
  #told = false;
  #listed = new Set<string>();

  constructor(private readonly options: DynamicSourceOptions) {
    this.#unsubscribe = options.link.onChange(() => this.#linkChanged());
    this.#linkChanged();
  }

  close(): void {
    this.#unsubscribe();
    this.#end();
  }

  /** Endpoints changed: host ports of pods on other nodes may be wanted. */
  endpointsChanged(): void {
    if (!this.#session || this.#refresh) return;
    const { signal } = this.#session;
    this.#refresh = setTimeout(() => {
      this.#refresh = undefined;
      void this.#listPods(signal).catch((error) => this.#failed(error, signal));
    }, SETTLE_MS);
  }

  #linkChanged(): void {
    const { link } = this.options;
    const usable = link.connected && link.profile?.hasModernResources === true;
    if (usable && !this.#session) void this.#begin();
    else if (!usable) this.#end();
  }

  #end(): void {
    clearTimeout(this.#refresh);
    this.#refresh = undefined;
    this.#session?.abort(new Error('the link to the cloud is lost'));
    this.#session = undefined;
  }

  async #begin(): Promise<void> {
    const session = new AbortController();
    this.#session = session;
    const signal = AbortSignal.any([session.signal, this.options.ctx.signal]);
    try {
      const { target } = this.options;
      const services = itemsOf(await this.#ask({ key: SERVICES, verb: 'list' }, signal)).filter(isKubeObject);
      const endpoints = itemsOf(await this.#ask({ key: ENDPOINTS, verb: 'list' }, signal)).filter(
        isKubeObject,
      );
      // Every cluster has `default/kubernetes`: an empty list is no list.
      if (services.length > 0) {
        target.keepServices(services);
        target.keepEndpoints(endpoints);
      }
      const watching = { verb: 'watch', options: { watch: true } } as const;
      await this.#ask({ key: SERVICES, ...watching }, signal);
      await this.#ask({ key: ENDPOINTS, ...watching }, signal);
      this.#told = false;
      await this.#listPods(signal);
    } catch (error) {
      this.#failed(error, signal);
    }
  }

  async #listPods(signal: AbortSignal): Promise<void> {
    const { catalog, target, rows } = this.options;
    const wanted = catalog.needingPods();
    const keys = new Set(wanted.map(({ namespace, name }) => `${namespace}/${name}`));
    for (const key of this.#listed) {
      if (keys.has(key)) continue;
      const [namespace = '', name = ''] = key.split('/');
      // Endpoints alone tell everything again, and they are the fresher ones.
      target.dropPods(namespace, name);
    }
    this.#listed = keys;
    for (const { namespace, name, selector } of wanted) {
      const key = `/core/v1/pods/${namespace}/null`;
      const pods = itemsOf(
        await this.#ask({ key, verb: 'list', options: { labelSelector: selector } }, signal),
      );
      target.putPods(namespace, name, pods);
      await rows.putPodList(namespace, name, pods);
    }
  }

  #ask(request: Parameters<typeof askDynamicController>[0], signal: AbortSignal): Promise<unknown> {
    return askDynamicController(request, { ...this.options, signal });
  }

  #failed(error: unknown, signal: AbortSignal): void {
    if (signal.aborted || this.#told) return;
    this.#told = true;
    this.options.log.warn(
      { reason: errorText(error) },
      'the cloud does not list its services: set modules.dynamicController.enable to true in the configuration of CloudCore; until then the mesh serves what its database has',
    );
  }
}
