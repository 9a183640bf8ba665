import { type CloudLink, errorText, Group, ModuleName } from '@edgecore/api';
import type { Message, Module, ModuleContext, ModuleHealth } from '@edgecore/beehive';
import type { Store } from '@edgecore/store';
import { resolveServiceOptions, type ServiceOptions } from './calls/call-options.js';
import { TargetPolicy } from './calls/target-policy.js';
import { routerMessage } from './router-message.js';
import { TargetUrls } from './rules/target-urls.js';
import { ServiceGateway } from './service-gateway.js';
import { ServerKeeper } from './uploads/server-keeper.js';
import {
  type ResolvedUploadOptions,
  resolveUploadOptions,
  type UploadOptions,
} from './uploads/upload-options.js';
import { UploadServer } from './uploads/upload-server.js';
import { Uploads } from './uploads/uploads.js';
import { isOpenToOthers } from './uploads/web-page-check.js';

/** Options of {@link ServiceBus}. */
export interface ServiceBusOptions extends ServiceOptions, UploadOptions {
  /** Keeps the URLs rules allow (table `target_urls`); no default. */
  readonly store: Store;
  /** EdgeHub's link: while it is down applications are told so at once. Default: they wait for the time to run out. */
  readonly link?: CloudLink;
  /** Calls still running when the node stops have this long; then they are answered 503. Default 2000. */
  readonly stopGraceMs?: number;
}

/** An answer the hub has no room for by then is lost; its caller has long given up. */
const SEND_TIMEOUT_MS = 10_000;

/**
 * HTTP between the cloud and this node: answers calls of cloud rules from
 * local services, and carries requests of local applications to URLs that
 * cloud rules allow (servicebus.md). Nothing is kept for later: a caller waits.
 */
export class ServiceBus implements Module {
  readonly name = ModuleName.servicebus;
  readonly group = Group.bus;
  readonly after = [ModuleName.edgehub];
  readonly #options: ServiceBusOptions;
  readonly #uploadOptions: ResolvedUploadOptions;
  #keeper: ServerKeeper | undefined;
  #port: number | undefined;
  /** No new requests of applications any more, whatever rules come. */
  #stopping = false;

  /** @throws {InvalidOptionError} naming the option. */
  constructor(options: ServiceBusOptions) {
    this.#options = options;
    this.#uploadOptions = resolveUploadOptions(options);
    // Wrong options show now, not when the module runs.
    new TargetPolicy(resolveServiceOptions(options));
  }

  /** Port applications reach the cloud on, while rules allow it. */
  get port(): number | undefined {
    return this.#port;
  }

  health(): ModuleHealth {
    const problem = this.#keeper?.problem;
    return problem === undefined ? { state: 'ready' } : { state: 'degraded', reason: problem };
  }

  quiesce(): void {
    this.#stopping = true;
    void this.#keeper?.close();
  }

  async run(ctx: ModuleContext): Promise<void> {
    const { log, metrics } = ctx;
    const { store, link, stopGraceMs = 2000 } = this.#options;
    const gateway = new ServiceGateway({ ...this.#options, log, metrics });
    const urls = await TargetUrls.load(store, log);
    const uploads = new Uploads({ ctx, urls, link, options: this.#uploadOptions });
    const keeper = this.#keep(ctx, uploads);
    const answering = new Set<Promise<void>>();
    try {
      await keeper.want(!this.#stopping && urls.size > 0);
      for await (const message of ctx.receive()) {
        const kind = routerMessage(message);
        if (kind === 'call') this.#answer(ctx, gateway, message, answering);
        else if (kind !== undefined) {
          // One after the other, as the cloud says them.
          await (kind === 'start' ? urls.allow(message.resource) : urls.forbid(message.resource));
          await keeper.want(!this.#stopping && urls.size > 0);
        }
      }
    } finally {
      await Promise.all([gateway.close({ graceMs: stopGraceMs }), keeper.close()]);
      await Promise.all(answering);
    }
  }

  #keep(ctx: ModuleContext, uploads: Uploads): ServerKeeper {
    const options = this.#uploadOptions;
    const { log } = ctx;
    this.#keeper = new ServerKeeper({
      retryMs: options.listenRetryMs,
      log,
      open: async () => {
        const handle = (body: Buffer, signal: AbortSignal) => uploads.handle(body, signal);
        const server = await UploadServer.listen({ options, log, handle });
        const address = `${options.server}:${server.port}`;
        this.#port = server.port;
        log.info({ address }, 'applications of this node can reach the cloud');
        if (isOpenToOthers(options.server)) {
          log.warn({ address }, 'other machines can call the cloud through this node: listen on 127.0.0.1');
        }
        return {
          close: () => {
            this.#port = undefined;
            return server.close();
          },
        };
      },
    });
    return this.#keeper;
  }

  #answer(
    ctx: ModuleContext,
    gateway: ServiceGateway,
    request: Message,
    answering: Set<Promise<void>>,
  ): void {
    const { id } = request;
    const answer = gateway
      .answer(request)
      .then((message) => ctx.sendToGroup(Group.hub, message, { timeoutMs: SEND_TIMEOUT_MS }))
      .catch((error: unknown) => {
        ctx.log.warn({ id, error: errorText(error) }, 'the answer to a call did not get to the cloud');
      })
      .finally(() => answering.delete(answer));
    answering.add(answer);
  }
}
