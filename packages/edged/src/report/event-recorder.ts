import { type CloudLink, errorText, type KubeObject, type Logger } from '@edgecore/api';
import type { Pod } from '../kube-types.js';
import { type Clock, rfc3339 } from '../ports/clock.js';
import type { NodeEvent } from '../ports/node-events.js';
import type { PodEvent } from '../ports/pod-events.js';
import type { EventApi } from '../ports/report-api.js';

/** Makes Kubernetes events (edged.md §10.2). Calls return at once and never throw. */
export interface EventRecorder {
  /** An event about a pod, or about this node. */
  event(subject: Pod | 'node', type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** The same, as the pod half words it (and has logged it); fits `PodEventListener`. */
  podEvent(event: PodEvent): void;
  /** An event about this node as the pod half words it (and has logged it); fits `NodeEventListener`. */
  nodeEvent(event: NodeEvent): void;
}

export interface EventRecorderOptions {
  readonly link: CloudLink;
  readonly clock: Clock;
  readonly nodeName: string;
  /** False: events are only logged. */
  readonly enabled: boolean;
  /** Events per second, and how many may come at once; more are dropped. */
  readonly perSecond: number;
  readonly burst: number;
}

interface Known {
  readonly name: string;
  readonly namespace: string;
  event: KubeObject;
  count: number;
}

/** Repeats are recognised among so many different events; the oldest is forgotten. */
const REMEMBERED = 1024;

/**
 * Sends events while connected to a cloud that has them; to any other they are
 * log lines only. A repeated event is a patch of the first one's count.
 */
export class CloudEvents implements EventRecorder {
  readonly #known = new Map<string, Known>();
  #session: { readonly api: EventApi; readonly log: Logger } | undefined;
  #tokens: number;
  #filledAt: number;
  #sequence = 0n;

  constructor(private readonly options: EventRecorderOptions) {
    this.#tokens = options.burst;
    this.#filledAt = options.clock.now();
  }

  /** Logs and sends through these from now on; `undefined` stops both. */
  use(session: { readonly api: EventApi; readonly log: Logger } | undefined): void {
    this.#session = session;
  }

  event(subject: Pod | 'node', type: PodEvent['type'], reason: string, message: string): void {
    const { nodeName } = this.options;
    const fields = {
      ...(subject === 'node'
        ? { node: nodeName }
        : { namespace: subject.metadata.namespace, pod: subject.metadata.name }),
      reason,
    };
    if (type === 'Warning') this.#session?.log.warn(fields, message);
    else this.#session?.log.debug(fields, message);
    if (subject === 'node') {
      this.nodeEvent({ type, reason, message });
    } else {
      this.podEvent({ pod: subject, type, reason, message });
    }
  }

  nodeEvent({ type, reason, message }: NodeEvent): void {
    const { nodeName } = this.options;
    this.#record({ kind: 'Node', name: nodeName, uid: nodeName }, 'default', type, reason, message);
  }

  podEvent({ pod, container, type, reason, message }: PodEvent): void {
    const { name, namespace, uid, resourceVersion } = pod.metadata;
    const involved = {
      kind: 'Pod',
      namespace,
      name,
      uid,
      apiVersion: 'v1',
      ...(resourceVersion && { resourceVersion }),
      ...(container && { fieldPath: fieldPath(pod, container) }),
    };
    this.#record(involved, namespace, type, reason, message);
  }

  #record(
    involvedObject: { kind: string; name: string; uid: string; fieldPath?: string },
    namespace: string,
    type: PodEvent['type'],
    reason: string,
    message: string,
  ): void {
    const session = this.#session;
    if (!session) return;
    const { api } = session;
    const { clock, enabled, link, nodeName } = this.options;
    const { kind, name, uid, fieldPath: path } = involvedObject;
    if (!enabled || !link.connected || !link.profile?.hasModernResources) return;
    if (!this.#takeToken()) return;
    const now = rfc3339(clock.now());
    const key = JSON.stringify([kind, namespace, name, uid, path, type, reason, message]);
    const known = this.#known.get(key);
    if (known) {
      this.#remember(key, known);
      known.count += 1;
      known.event = { ...known.event, count: known.count, lastTimestamp: now };
      const patch = { count: known.count, lastTimestamp: now, message };
      this.#send(api.patch(known.namespace, known.name, known.event, patch));
      return;
    }
    const eventName = `${name}.${this.#nanoseconds().toString(16)}`;
    const event: KubeObject = {
      metadata: { name: eventName, namespace, creationTimestamp: null },
      involvedObject,
      reason,
      message,
      source: { component: 'kubelet', host: nodeName },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type,
      eventTime: null,
      reportingComponent: 'kubelet',
      reportingInstance: nodeName,
    };
    this.#remember(key, { name: eventName, namespace, event, count: 1 });
    this.#send(api.create(namespace, eventName, event));
  }

  #send(sending: Promise<boolean>): void {
    sending.catch((error: unknown) =>
      this.#session?.log.debug({ error: errorText(error) }, 'event not sent'),
    );
  }

  #remember(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size > REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
  }

  #takeToken(): boolean {
    const { burst, clock, perSecond } = this.options;
    const now = clock.now();
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Unique within this process even for events of one millisecond. */
  #nanoseconds(): bigint {
    this.#sequence = (this.#sequence + 1n) % 1_000_000n;
    return BigInt(this.options.clock.now()) * 1_000_000n + this.#sequence;
  }
}

function fieldPath(pod: Pod, container: string): string {
  const init = pod.spec.initContainers?.some(({ name }) => name === container);
  const ephemeral = pod.spec.ephemeralContainers?.some(({ name }) => name === container);
  return `spec.${init ? 'initContainers' : ephemeral ? 'ephemeralContainers' : 'containers'}{${container}}`;
}
