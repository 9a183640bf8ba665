import { errorText, OK, Operation, type ParsedResource, parseResource, ResourceType } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { withFields } from '@edgecore/beehive';
import type { Lanes } from '../lanes.js';
import { OFFLINE_REMOTE, OFFLINE_REPORT, type Post } from '../post.js';
import type { PodReports } from '../reports/pod-reports.js';
import { reportKind, toReport } from '../reports/report.js';
import { destinationOf } from '../routes.js';
import { objectContent } from '../rows/content.js';
import type { ObjectRows } from '../rows/object-rows.js';
import type { CloudAnswers } from './cloud-answers.js';
import type { Queries } from './queries.js';
import { type EdgeRule, ruleFor } from './rules.js';

/** What modules store that is no object: an address, a list (edgemesh.md §4.3). */
const RAW_TYPES: ReadonlySet<string> = new Set([ResourceType.listener, ResourceType.podlist]);

export interface EdgeRequestsComponents {
  readonly rows: ObjectRows;
  readonly lanes: Lanes;
  readonly post: Post;
  readonly reports: PodReports;
  readonly queries: Queries;
  readonly answers: CloudAnswers;
  readonly edged: string;
  readonly askTimeoutMs: number;
  readonly periodicTimeoutMs: number;
}

/** Messages of edged, edgemesh and MetaServer: each is answered exactly once, also when it fails. */
export class EdgeRequests {
  constructor(private readonly components: EdgeRequestsComponents) {}

  async handle(request: Message): Promise<void> {
    const { post } = this.components;
    try {
      await this.#handle(request);
    } catch (error) {
      const { id, operation, resource } = request;
      const text = errorText(error);
      // That there is no cloud was told when it went.
      const level = text === OFFLINE_REMOTE || text === OFFLINE_REPORT ? 'debug' : 'warn';
      post.log[level]({ id, operation, resource, error: text }, 'request of the edge failed');
      await post.refuse(request, text);
    }
  }

  async #handle(request: Message): Promise<void> {
    const { post, reports, queries } = this.components;
    const { operation } = request;
    // An answer to a CSI call that came too late: its deadline has told the cloud already.
    if (operation === Operation.response || operation === Operation.error) {
      post.log.debug({ id: request.id, resource: request.resource }, 'late answer of a module');
      return;
    }
    const resource = parseResource(request.resource);
    const kind = reportKind(operation, resource.type);
    if (kind) {
      await reports.take(toReport(kind, resource, request), request);
      return;
    }
    const rule = ruleFor(operation, resource.type);
    if (!rule) throw new Error(`metamanager not supported operation: ${operation}`);
    if (rule.action === 'query') await queries.answer(request, resource);
    else await this.#act(rule, request, resource);
  }

  async #act(rule: EdgeRule, request: Message, resource: ParsedResource): Promise<void> {
    const { post, edged } = this.components;
    switch (rule.action) {
      case 'tell':
        // Events to a 2020 cloud, or without any cloud, are lost by design.
        if (post.connected && post.profile.hasModernResources) await post.tellCloud(request);
        return;
      case 'local':
        await this.#local(request, resource);
        return;
      case 'twin': {
        const destination = destinationOf(resource.type, request, edged);
        if (destination)
          await post.forward(destination.module, withFields(destination.message, { sync: false }));
        await post.answer(request, OK);
        return;
      }
      case 'refuse':
        throw new Error(`no cloud supports ${request.operation} of ${resource.type}`);
      default:
        await this.#ask(rule, request, resource);
    }
  }

  async #ask(rule: EdgeRule, request: Message, resource: ParsedResource): Promise<void> {
    const { post, lanes, answers, askTimeoutMs, periodicTimeoutMs } = this.components;
    if (!post.connected)
      throw new Error(request.operation === Operation.patch ? OFFLINE_REPORT : OFFLINE_REMOTE);
    if (rule.modern && !post.profile.hasModernResources) {
      throw new Error(`this cloud does not support ${request.operation} of ${resource.type}`);
    }
    // One at a time per object (wire.md §5.8).
    await lanes.run(`ask ${request.resource}`, async () => {
      const timeoutMs = rule.periodic ? periodicTimeoutMs : askTimeoutMs;
      const answer = await post.askCloud(request, timeoutMs).catch((cause: unknown) => {
        throw new Error(post.failureText(cause));
      });
      const storeAs = { ...resource, type: rule.storeAs ?? resource.type };
      await answers.settle(request, answer, rule.action === 'askAndStore' ? storeAs : undefined);
    });
  }

  async #local(request: Message, resource: ParsedResource): Promise<void> {
    const { rows, post } = this.components;
    if (request.operation === Operation.delete) await rows.remove(resource, '');
    else if (RAW_TYPES.has(resource.type)) await rows.putRaw(resource, request.content);
    else await rows.put(resource, objectContent(request.content));
    // Upstream confirms a stored listener with null (metamanager.md §3).
    await post.answer(request, request.operation === Operation.insert ? null : OK);
  }
}
