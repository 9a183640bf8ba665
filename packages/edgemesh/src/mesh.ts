import { errorText } from '@edgecore/api';
import type { Message, ModuleContext } from '@edgecore/beehive';
import { AnswerCache } from './dns/answer-cache.js';
import { DnsServer } from './dns/dns-server.js';
import { Forwarder } from './dns/forwarder.js';
import { Responder } from './dns/responder.js';
import { Upstreams } from './dns/upstreams.js';
import { Zone } from './dns/zone.js';
import { DynamicSource } from './inputs/dynamic-source.js';
import { applyMessage } from './inputs/inputs.js';
import { Rows } from './inputs/rows.js';
import { LocalPodsWatch } from './local-pods-watch.js';
import { MeshState } from './mesh-state.js';
import { Catalog } from './model/catalog.js';
import type { LocalPods } from './model/local-pods.js';
import { AnyIpInterceptor, DnatInterceptor, type Interceptor } from './net/interceptor.js';
import { type ListenAddress, makeInterface, removeInterface } from './net/listen-address.js';
import { rewrite, withNameserver, withoutMark } from './net/resolv-conf.js';
import type { ResolvedOptions } from './options.js';
import { Health } from './proxy/health.js';
import { ProxySet } from './proxy/proxy-set.js';
import { restore } from './restore.js';
import { RowWriter } from './row-writer.js';
import { VipBook } from './vip/vip-book.js';
import { VipPool } from './vip/vip-pool.js';

/** Changes of services come in bursts; rules are written after the last one. */
const SETTLE_MS = 50;

/** A running mesh: one life from {@link start} to {@link stop}. */
export class Mesh {
  readonly #options: ResolvedOptions;
  readonly #ctx: ModuleContext;
  readonly #listen: ListenAddress;
  readonly #catalog: Catalog;
  readonly #book: VipBook;
  readonly #rows: Rows;
  readonly #writer: RowWriter;
  readonly #state: MeshState;
  readonly #proxies: ProxySet;
  readonly #interceptor: Interceptor | undefined;
  readonly #dns: DnsServer;
  readonly #localPods: LocalPodsWatch | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  #dynamic: DynamicSource | undefined;
  #settle: NodeJS.Timeout | undefined;
  #syncing: Promise<void> = Promise.resolve();
  #intercepting = false;
  #dnsPort: number | undefined;
  #dnsFailure: string | undefined;
  #ruleFailure: string | undefined;
  #resolvConfChanged = false;

  constructor(options: ResolvedOptions, ctx: ModuleContext, listen: ListenAddress) {
    this.#options = options;
    this.#ctx = ctx;
    this.#listen = listen;
    const { subnet, intercept, quarantineMs } = options;
    const { log, metrics } = ctx;
    const virtual = intercept !== 'none';
    this.#catalog = new Catalog({ ...options, filterMode: options.serviceFilterMode });
    this.#book = new VipBook(new VipPool({ subnet, quarantineMs, now: () => performance.now() }));
    this.#rows = new Rows({ ctx, metaManager: options.metaManager });
    this.#writer = new RowWriter(this.#rows, log);
    this.#proxies = new ProxySet({
      ...options,
      health: new Health({
        onEject: (endpoint, forMs) => {
          metrics.count('edgecore_mesh_ejections_total');
          log.debug({ endpoint, forMs }, 'endpoint is passed over');
        },
      }),
      limits: options,
      listenOn: intercept === 'anyip' ? 'vip' : listen.address,
      firstPort: options.listenPort,
      log,
      metrics,
    });
    this.#state = new MeshState({
      catalog: this.#catalog,
      book: this.#book,
      subnet,
      virtual,
      log,
      onServices: () => this.#changed(),
      onBackends: (ports) => {
        for (const port of ports) this.#proxies.setBackends(port);
      },
      onEndpoints: () => this.#dynamic?.endpointsChanged(),
      onVip: (change) => this.#writer.vip(change),
      onGone: (namespace, type, name) => this.#writer.remove(namespace, type, name),
    });
    this.#interceptor = this.#makeInterceptor();
    this.#localPods = this.#watchLocalPods();
    const upstreams = new Upstreams({
      servers: options.upstreamDns,
      resolvConf: options.resolvConf,
      own: [listen.address],
    });
    const responder = new Responder(
      new Zone(this.#state, options.clusterDomain),
      new Forwarder({ upstreams, cache: new AnswerCache() }),
    );
    this.#dns = new DnsServer({ responder, address: listen.address, port: options.dnsPort, log, metrics });
  }

  /** Why not everything works; `undefined` when it does. */
  get failure(): string | undefined {
    return this.#ruleFailure ?? this.#dnsFailure;
  }

  /** Where the DNS answers; `undefined` while it does not. */
  get dnsPort(): number | undefined {
    return this.#dnsPort;
  }

  figures() {
    return {
      services: this.#catalog.services.size,
      virtualAddresses: this.#book.size,
      listeners: this.#proxies.size,
    };
  }

  /** @throws {CommandError} when the machine does not let it. */
  async start(): Promise<void> {
    const { run, checkMs } = this.#options;
    await this.#interceptor?.clean();
    await this.#cleanResolvConf();
    await makeInterface(run, this.#listen);
    this.#localPods?.look();
    await this.#restore();
    await this.#listenDns();
    this.#changed(0);
    await this.#applied();
    this.#timers.push(setInterval(() => this.#check(), checkMs));
    this.#localPods?.start();
    if (this.#options.source !== 'push') {
      this.#dynamic = new DynamicSource({
        ...this.#options,
        ctx: this.#ctx,
        catalog: this.#catalog,
        target: this.#state,
        rows: this.#rows,
        timeoutMs: this.#options.dynamicTimeoutMs,
        log: this.#ctx.log,
      });
    }
  }

  podsChanged(): void {
    this.#localPods?.podsChanged();
  }

  handle(message: Message): void {
    applyMessage(message, this.#state, this.#ctx.log);
  }

  /** Resolves when every change so far has its listener, its rule and its rows. */
  async settled(): Promise<void> {
    await this.#applied();
    await this.#writer.idle();
  }

  async #applied(): Promise<void> {
    if (this.#settle) {
      clearTimeout(this.#settle);
      this.#sync();
    }
    await this.#syncing;
  }

  /** Leaves the machine as it was. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#localPods?.stop();
    clearTimeout(this.#settle);
    this.#settle = undefined;
    this.#dynamic?.close();
    await this.#syncing;
    await this.#writer.idle();
    const { log } = this.#ctx;
    const failed = (what: string) => (error: unknown) => log.warn({ error: errorText(error) }, what);
    // Names first: whoever asks another server now is better off than with an address nobody listens at.
    await this.#cleanResolvConf().catch(failed('resolv.conf was not put back'));
    await this.#dns.close();
    await this.#interceptor?.clean().catch(failed('rules were not removed'));
    this.#proxies.destroy();
    if (this.#listen.make !== undefined) await removeInterface(this.#options.run);
  }

  async #restore(): Promise<void> {
    const options = { rows: this.#rows, catalog: this.#catalog, book: this.#book };
    try {
      const changes = await restore({ ...options, virtual: this.#options.intercept !== 'none' });
      for (const change of changes) {
        if (change.address !== undefined) this.#ctx.log.info(change, 'virtual address given');
        this.#writer.vip(change);
      }
    } catch (error) {
      if (this.#ctx.signal.aborted) throw error;
      this.#ctx.log.warn(
        { error: errorText(error) },
        'stored services could not be read; waiting for the cloud',
      );
    }
  }

  #changed(delayMs = SETTLE_MS): void {
    this.#settle ??= setTimeout(() => this.#sync(), delayMs);
  }

  /** One after the other: each leaves listeners and rules that belong together. */
  #sync(): void {
    this.#settle = undefined;
    this.#syncing = this.#syncing.then(async () => {
      const wanted = this.#state.wantedPorts();
      this.#intercepting ||= wanted.length > 0;
      await this.#redirect((interceptor) => interceptor.prepare());
      const end = await this.#proxies.update(wanted);
      await this.#redirect((interceptor) => interceptor.apply(this.#proxies.redirects()));
      end();
      const { services, listeners } = this.figures();
      this.#ctx.metrics.gauge('edgecore_mesh_services', services);
      this.#ctx.metrics.gauge('edgecore_mesh_listeners', listeners);
    });
  }

  /** A machine without services is left as it is. */
  async #redirect(act: (interceptor: Interceptor) => Promise<unknown>): Promise<void> {
    if (!this.#interceptor || !this.#intercepting) return;
    try {
      await act(this.#interceptor);
      if (this.#ruleFailure !== undefined) this.#ctx.log.info('rules and routes work again');
      this.#ruleFailure = undefined;
    } catch (error) {
      const text = errorText(error);
      if (text !== this.#ruleFailure) this.#ctx.log.error({ error: text }, 'rules and routes cannot be set');
      this.#ruleFailure = text;
    }
  }

  #check(): void {
    this.#writer.retry();
    this.#syncing = this.#syncing.then(async () => {
      if (this.#dnsPort === undefined) await this.#listenDns();
      await this.#redirect(async (interceptor) => {
        if (!(await interceptor.repair(this.#proxies.redirects()))) return;
        this.#ctx.metrics.count('edgecore_mesh_repairs_total');
        this.#ctx.log.warn('rules or route of the mesh were gone, put back');
      });
    });
  }

  async #listenDns(): Promise<void> {
    const { manageResolvConf, resolvConf } = this.#options;
    const { log } = this.#ctx;
    try {
      this.#dnsPort = (await this.#dns.listen()).port;
      this.#dnsFailure = undefined;
    } catch (error) {
      await this.#dns.close();
      const text = `no DNS for pods: ${errorText(error)}`;
      if (text !== this.#dnsFailure) log.error({ error: text }, 'tried again from time to time');
      this.#dnsFailure = text;
      return;
    }
    if (!manageResolvConf) return;
    try {
      await rewrite(resolvConf, (text) => withNameserver(text, this.#listen.address));
      this.#resolvConfChanged = true;
    } catch (error) {
      log.warn({ error: errorText(error) }, `${resolvConf} could not be changed`);
    }
  }

  /** Ours, and what a killed run of ours left. */
  async #cleanResolvConf(): Promise<void> {
    const { manageResolvConf, resolvConf } = this.#options;
    if (!manageResolvConf && !this.#resolvConfChanged) return;
    await rewrite(resolvConf, withoutMark);
  }

  #watchLocalPods(): LocalPodsWatch | undefined {
    const { localPods: ask, localPodsMs: everyMs } = this.#options;
    if (!ask) return undefined;
    const onPods = (pods: LocalPods) => {
      if (this.#catalog.setLocalPods(pods)) this.#state.localPodsChanged();
    };
    return new LocalPodsWatch({ ask, everyMs, onPods });
  }

  #makeInterceptor(): Interceptor | undefined {
    const { intercept, subnet, run } = this.#options;
    const options = { subnet: subnet.text, listenAddress: this.#listen.address, run, log: this.#ctx.log };
    if (intercept === 'dnat') return new DnatInterceptor(options);
    return intercept === 'anyip' ? new AnyIpInterceptor(options) : undefined;
  }
}
