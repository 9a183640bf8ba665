import type { CloudProfile, DeleteOptions, KubeStatusError } from '@edgecore/api';
import { answerError, errorText, formatResource, OK, ResourceType } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { stringifyJson } from '@edgecore/beehive';
import type { Outbox, OutboxEntry } from '@edgecore/store';
import type { Lanes } from '../lanes.js';
import { OFFLINE_REPORT, type Post } from '../post.js';
import type { DurableWriter } from '../rows/durable-writer.js';
import type { ObjectRows } from '../rows/object-rows.js';
import { type PodReport, podPrefix, reportKey, reportRoute } from './report.js';

export const OUTBOX_OWNER = 'metamanager';

export interface PodReportsComponents {
  readonly outbox: Outbox;
  readonly rows: ObjectRows;
  readonly writer: DurableWriter;
  readonly lanes: Lanes;
  readonly post: Post;
  readonly timeoutMs: number;
  /** Acknowledges the cloud's answer where it needs that. */
  acknowledge(answer: Message): Promise<void>;
}

/**
 * Pod statuses and deletions of edged: on disk before they are sent, the
 * latest per pod, sent again after every connect until the cloud has them
 * (metamanager.md §7). Nothing else is kept: edged makes it anew.
 */
export class PodReports {
  constructor(private readonly components: PodReportsComponents) {}

  /** Takes a report of edged and answers it: with the cloud's answer, or why it has to wait. */
  async take(report: PodReport, request: Message): Promise<void> {
    const { post, lanes, outbox } = this.components;
    const id = await this.#commit(report);
    if (id === undefined) {
      await post.answer(request, OK);
      return;
    }
    if (!post.connected) {
      await post.refuse(request, OFFLINE_REPORT);
      return;
    }
    await lanes.run(sendLane(report), async () => {
      if (!(await outbox.has(OUTBOX_OWNER, id))) {
        await post.refuse(request, 'superseded by a newer report of the pod, or the pod is gone');
        return;
      }
      try {
        await this.#send(id, report, request);
      } catch (error) {
        await post.refuse(request, post.connected ? errorText(error) : OFFLINE_REPORT);
      }
    });
  }

  /** Sends everything that waits. Call after every connect, once the profile is known. */
  async flush(): Promise<void> {
    const entries = await this.components.outbox.list<PodReport>(OUTBOX_OWNER);
    // A deletion never overtakes the status of its pod, however old either is.
    const statuses = entries.filter((entry) => entry.value.kind !== 'deletion');
    const deletions = entries.filter((entry) => entry.value.kind === 'deletion');
    await Promise.all([...statuses, ...deletions].map((entry) => this.#resend(entry)));
  }

  /** The cloud deleted a pod: its reports have arrived or are of no use. Without uid, all of that name. */
  async podDeleted(namespace: string, name: string, uid: string): Promise<void> {
    const prefix = podPrefix(namespace, name) + (uid === '' ? '' : `${uid}/`);
    await this.components.outbox.removeKeys(OUTBOX_OWNER, { prefix });
  }

  /** The cloud sent this pod: reports of an earlier one of the same name would hit the wrong pod. */
  async podArrived(namespace: string, name: string, uid: string): Promise<void> {
    if (uid === '') return;
    const { outbox } = this.components;
    const prefix = podPrefix(namespace, name);
    for (const { id, value } of await outbox.list<PodReport>(OUTBOX_OWNER, { prefix })) {
      if (value.uid !== uid) await outbox.remove(OUTBOX_OWNER, id);
    }
  }

  /** The outbox id, or `undefined` when the status is the one already reported. */
  #commit(report: PodReport): Promise<number | undefined> {
    const { outbox, rows, writer, post, lanes } = this.components;
    const key = reportKey(report);
    return lanes.run(`commit ${report.namespace}/${report.name}`, async () => {
      const { namespace, name } = report;
      if (report.kind === 'podstatus' && post.profile.batchesPodStatus) {
        const row = { namespace, type: ResourceType.podstatus, name };
        if ((await rows.get(row)) === stringifyJson(report.content)) return undefined;
        // Outbox first: were only the row there after a crash, an equal status would count as reported.
        const id = await writer.attempt(() => outbox.put(OUTBOX_OWNER, key, report));
        await rows.putRaw(row, report.content);
        return id;
      }
      const id = await writer.attempt(() => outbox.put(OUTBOX_OWNER, key, report));
      if (report.kind === 'deletion' && !post.profile.answersReports) {
        await rows.remove({ namespace, type: ResourceType.pod, name }, report.uid);
      }
      return id;
    });
  }

  #resend(entry: OutboxEntry<PodReport>): Promise<void> {
    const { lanes, post, outbox } = this.components;
    return lanes.run(sendLane(entry.value), async () => {
      if (!post.connected || !(await outbox.has(OUTBOX_OWNER, entry.id))) return;
      try {
        await this.#send(entry.id, entry.value);
      } catch (error) {
        post.log.warn(
          { key: entry.key, error: errorText(error) },
          'pod report not confirmed, kept for the next connect',
        );
      }
    });
  }

  async #send(id: number, report: PodReport, request?: Message): Promise<void> {
    const { outbox, post, timeoutMs, acknowledge } = this.components;
    const { profile } = post;
    if (report.kind === 'podpatch' && !profile.hasModernResources) {
      await outbox.remove(OUTBOX_OWNER, id);
      throw new Error('this cloud knows no pod patches; edged reports the status in its form');
    }
    const { source, group } = report;
    const answer = await post.askCloud(
      { source, group, ...reportRoute(report), content: contentFor(profile, report) },
      timeoutMs,
    );
    const error = profile.answersReports ? answerError(answer.content) : undefined;
    // A deletion stays until the cloud's own `delete` comes, except that there is nothing left to delete.
    if (error ? isGone(error) : report.kind !== 'deletion') await outbox.remove(OUTBOX_OWNER, id);
    if (profile.answersReports) await acknowledge(answer);
    if (!request) return;
    // A 2020 cloud says nothing: the hub answered that the report was written to the link.
    if (profile.answersReports) await post.passOn(request, answer);
    else await post.answer(request, OK);
  }
}

/** One at a time per pod: n + 1 goes when n is answered or given up (wire.md §5.8). */
function sendLane({ namespace, name }: PodReport): string {
  return `report ${formatResource(namespace, ResourceType.pod, name)}`;
}

function contentFor(profile: CloudProfile, report: PodReport): unknown {
  if (report.kind !== 'deletion' || report.uid === '') return report.content;
  if (profile.podDeleteForm === 'uid') return report.uid;
  const options: DeleteOptions = { gracePeriodSeconds: 0, preconditions: { uid: report.uid } };
  return options;
}

/** The pod does not exist any more, or another one has its name. */
function isGone(error: KubeStatusError): boolean {
  if (error.reason === 'NotFound') return true;
  return ['Conflict', 'Invalid'].includes(error.reason) && /\buid\b/i.test(error.message);
}
