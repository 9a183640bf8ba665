import type { CloudLink, CloudProfile } from '@edgecore/api';
import { answerError, CLUSTER_SCOPE, cloudProfiles, hasCode, NotConnectedError } from '@edgecore/api';
import type { ErrorResponseError, Message, ModuleContext } from '@edgecore/beehive';
import { createMessage } from '@edgecore/beehive';
import { CloudUndecidedError, UnsupportedByCloudError } from './errors.js';

export interface CallerOptions {
  readonly ctx: Pick<ModuleContext, 'send' | 'request'>;
  readonly source: string;
  readonly group: string;
  readonly metaManager: string;
  readonly link: CloudLink;
  readonly timeoutMs: number;
  readonly registerNamespace: string;
}

export interface Call {
  readonly operation: string;
  readonly resource: string;
  readonly content?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Upstream's texts for "not now, there is no cloud" (metamanager.md §5). */
const OFFLINE_TEXTS = ['connection lost between EdgeCore and CloudCore', 'not connected'];

/** Sends the client's messages to MetaManager and tells answers of the database from those of the cloud. */
export class Caller {
  constructor(private readonly options: CallerOptions) {}

  /** One try with a fresh id and one deadline. */
  async request(call: Call, timeoutMs = this.options.timeoutMs): Promise<Message> {
    const { ctx, metaManager } = this.options;
    try {
      return await ctx.request(metaManager, this.#message(call), { timeoutMs, signal: call.signal });
    } catch (error) {
      throw hasCode(error, 'ERR_ERROR_RESPONSE') ? typedError(error as ErrorResponseError) : error;
    }
  }

  /** Sends without waiting for an answer; resolves when MetaManager's inbox took it. */
  async send(call: Call): Promise<void> {
    const { ctx, metaManager, timeoutMs } = this.options;
    await ctx.send(metaManager, this.#message(call), { timeoutMs, signal: call.signal });
  }

  /** True when MetaManager itself answered, with rows of its database. */
  fromDatabase(answer: Message): boolean {
    return (
      answer.source === this.options.metaManager ||
      Object.values(cloudProfiles).some((profile) => profile.metaManagerName === answer.source)
    );
  }

  /**
   * The profile, and what is left of the deadline.
   * @throws {CloudUndecidedError}
   */
  async profile(signal?: AbortSignal): Promise<{ profile: CloudProfile; timeoutMs: number }> {
    const { link, timeoutMs } = this.options;
    if (link.profile) return { profile: link.profile, timeoutMs };
    const start = performance.now();
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const profile = await link.whenProfile(signal ? AbortSignal.any([signal, deadline]) : deadline);
      return { profile, timeoutMs: Math.max(1, timeoutMs - (performance.now() - start)) };
    } catch (error) {
      if (deadline.aborted && !signal?.aborted) throw new CloudUndecidedError(timeoutMs);
      throw error;
    }
  }

  /** As {@link profile}, for messages only today's cloud knows. @throws {UnsupportedByCloudError} */
  async modern(what: string, signal?: AbortSignal): Promise<number> {
    const { profile, timeoutMs } = await this.profile(signal);
    if (!profile.hasModernResources) throw new UnsupportedByCloudError(what, profile.name);
    return timeoutMs;
  }

  /**
   * The profile if it is known. For what MetaManager can do alone: a token of its
   * database, a report kept for later.
   */
  get knownProfile(): CloudProfile | undefined {
    return this.options.link.profile;
  }

  /** The namespace word of cluster-scoped objects (wire.md §6.2). */
  clusterScope(profile: CloudProfile): string {
    return profile.nodeDialect === 'modern' ? CLUSTER_SCOPE : this.options.registerNamespace;
  }

  get registerNamespace(): string {
    return this.options.registerNamespace;
  }

  #message({ operation, resource, content }: Call): Message {
    const { source, group } = this.options;
    return createMessage<unknown>({ source, group, operation, resource, content: content ?? null });
  }
}

function typedError(error: ErrorResponseError): Error {
  const { content } = error.response;
  const status = answerError(content);
  if (status) return status;
  if (typeof content === 'string' && OFFLINE_TEXTS.some((text) => content.endsWith(text))) {
    return new NotConnectedError(content);
  }
  return error;
}
