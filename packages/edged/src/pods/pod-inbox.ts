import { errorText, isRecord, type Logger, Operation, parseResource, ResourceType } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import type { Orphans } from '../gc/orphans.js';
import type { StoredPods } from '../ports/object-source.js';
import type { MirrorPods } from '../static-pods/mirror-pods.js';
import { isMirrorPod } from '../static-pods/static-pod.js';
import { parsePod, parsePodReference } from './parse-pod.js';
import type { PodWorkers } from './pod-workers.js';
import { usesObject } from './uses-object.js';

export interface PodInboxOptions {
  readonly nodeName: string;
  readonly workers: PodWorkers;
  readonly orphans: Orphans;
  readonly mirrors: MirrorPods;
  readonly log: Logger;
}

/** Turns edged's messages about pods and their objects into work (edged.md §3.1). */
export class PodInbox {
  readonly #options: PodInboxOptions;

  constructor(options: PodInboxOptions) {
    this.#options = options;
  }

  /**
   * Handles a message; false when it is about something else.
   *
   * @throws {InvalidPodError} for a pod that cannot be read; what is stored stays as it is.
   */
  handle(message: Message): boolean {
    const { namespace, type, name } = parseResource(message.resource);
    const { operation, content } = message;
    if (type === ResourceType.configmap || type === ResourceType.secret) {
      this.#options.workers.pokeUsers(namespace, (pod) => usesObject(pod, type, name));
      return true;
    }
    if (type !== ResourceType.pod) return false;
    if (operation === Operation.response && Array.isArray(content)) {
      this.list({ items: content, errors: [] });
      return true;
    }
    if (operation === Operation.insert || operation === Operation.update) {
      this.#upsert(content);
      return true;
    }
    if (operation !== Operation.delete) return false;
    this.#delete(content, namespace, name);
    return true;
  }

  /** A list of the stored pods: one that cannot be read is skipped, its containers stay. */
  list({ items, errors }: StoredPods): void {
    const { orphans, log } = this.#options;
    const broken = [...errors];
    for (const item of items) {
      try {
        this.#upsert(item);
      } catch (error) {
        broken.push(errorText(error));
      }
    }
    for (const error of broken) log.error({ error }, 'a stored pod cannot be read and is skipped');
    // Without its uid nobody can tell which containers belong to an unreadable pod: none is removed.
    if (broken.length === 0) orphans.enable();
    else
      log.warn(
        { unreadable: broken.length },
        'containers of unknown pods are kept until all stored pods can be read',
      );
  }

  #upsert(content: unknown): void {
    const { nodeName, workers, orphans, mirrors, log } = this.#options;
    const pod = parsePod(content);
    if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== nodeName) {
      log.debug({ pod: pod.metadata.name, node: pod.spec.nodeName }, 'pod of another node ignored');
      return;
    }
    if (isMirrorPod(pod)) {
      mirrors.observe(pod);
      return;
    }
    if (mirrors.isStatic(pod.metadata)) {
      const { namespace, name } = pod.metadata;
      log.warn({ namespace, pod: name }, 'pod of the cloud ignored: a static pod has its name');
      return;
    }
    workers.upsert(pod);
    // Containers of an older uid of this name may only be known to the engine.
    if (orphans.adopts) orphans.removeNamed(pod.metadata);
  }

  #delete(content: unknown, namespace: string, name: string): void {
    const { workers, orphans, mirrors } = this.#options;
    const reference = parsePodReference(content, namespace, name);
    if (mirrors.cloudDeleted(reference)) return;
    const graceMs = deletionGraceMs(content);
    if (!workers.remove(reference, graceMs)) orphans.removeNamed({ namespace, name, graceMs });
  }
}

/** Grace period the deleted object itself carries. */
function deletionGraceMs(content: unknown): number | undefined {
  const metadata = isRecord(content) && isRecord(content['metadata']) ? content['metadata'] : {};
  const seconds = metadata['deletionGracePeriodSeconds'];
  return typeof seconds === 'number' && seconds >= 0 ? seconds * 1000 : undefined;
}
