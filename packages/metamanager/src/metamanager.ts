import { CloudConnection, errorText, Group, ModuleName, profile2020, profileCurrent } from '@edgecore/api';
import type { Message, Module, ModuleContext, ModuleHealth } from '@edgecore/beehive';
import { isConnectionEvent } from '@edgecore/beehive';
import { assemble, type Parts } from './assemble.js';
import { type MetaManagerOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { repeatPodStatusBatch } from './reports/pod-status-batch.js';

/**
 * The only writer of Kubernetes objects on the edge: what the cloud sends is
 * stored, acknowledged and handed on; what edged asks is answered from SQLite or
 * the cloud; what edged reports goes up (metamanager.md).
 */
export class MetaManager implements Module {
  readonly name: string;
  readonly group = Group.meta;
  readonly after = [ModuleName.edgehub];
  readonly #options: ResolvedOptions;
  readonly #edgeSources: ReadonlySet<string>;
  #parts: Parts | undefined;

  /** @throws {RangeError} for limits and periods that make no sense. */
  constructor(options: MetaManagerOptions) {
    this.#options = resolveOptions(options);
    this.name = this.#options.name;
    this.#edgeSources = new Set([
      this.#options.edged,
      this.name,
      ModuleName.edgemesh,
      'metaserver',
      profile2020.metaManagerName,
      profileCurrent.metaManagerName,
    ]);
  }

  health(): ModuleHealth {
    if (!this.#parts) return { state: 'starting', reason: 'not running yet' };
    const failure = this.#parts.writer.failure;
    return failure === undefined ? { state: 'ready' } : { state: 'degraded', reason: failure };
  }

  async run(ctx: ModuleContext): Promise<void> {
    const { link, podStatusSyncIntervalMs } = this.#options;
    const end = new AbortController();
    const parts = assemble(this.#options, ctx);
    this.#parts = parts;
    parts.lossHint.atStart();

    let wasReady = false;
    let flushing: Promise<void> = Promise.resolve();
    const flushOnConnect = () => {
      const { connected } = parts.post;
      if (connected && !wasReady) flushing = this.#flush(ctx, parts, flushing);
      wasReady = connected;
    };
    const unsubscribe = link.onChange(flushOnConnect);
    const signal = AbortSignal.any([ctx.signal, end.signal]);
    const batches = repeatPodStatusBatch(parts.rows, parts.post, podStatusSyncIntervalMs, signal);
    try {
      flushOnConnect();
      for await (const message of ctx.receive()) {
        if (isConnectionEvent(message)) this.#logConnection(ctx, message);
        else if (this.#isOfTheEdge(message)) await this.#takeRequest(parts, message);
        else await parts.inHand.start(() => parts.cloud.handle(message));
      }
    } finally {
      end.abort();
      unsubscribe();
      await Promise.all([parts.inHand.idle(), parts.requests.idle(), flushing, batches]);
    }
  }

  #isOfTheEdge({ source, group }: Message): boolean {
    return this.#edgeSources.has(source) && group !== Group.resource;
  }

  /** Requests may wait for the cloud: they never hold up what the cloud sends, and are refused above the limit. */
  async #takeRequest(parts: Parts, request: Message): Promise<void> {
    if (parts.requests.full) {
      const limit = this.#options.maxRemoteRequests;
      await parts.post.refuse(
        request,
        `${limit} requests are waiting for the cloud already, try again later`,
      );
      return;
    }
    await parts.requests.start(() => parts.edge.handle(request));
  }

  async #flush(ctx: ModuleContext, parts: Parts, before: Promise<void>): Promise<void> {
    await before;
    try {
      await parts.reports.flush();
    } catch (error) {
      ctx.log.error({ error: errorText(error) }, 'kept pod reports could not be read');
    }
  }

  #logConnection(ctx: ModuleContext, { content }: Message): void {
    const up = content === CloudConnection.connected;
    ctx.log.debug(
      up ? 'connected: kept pod reports go up' : 'disconnected: queries are answered from the database',
    );
  }
}
