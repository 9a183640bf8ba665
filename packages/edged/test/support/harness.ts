import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { MutableCloudLink, profile2020 } from '@edgecore/api';
import { createBus, createMessage, type Message, type Participant } from '@edgecore/beehive';
import type { ContainerRuntime } from '@edgecore/container-runtime';
import { Edged, type EdgedOptions, type PodEvent, type PodSpec, type PodStatus } from '@edgecore/edged';
import { eventually } from '@edgecore/testing';
import { FakeObjects } from './fake-objects.js';
import { RecordingReporter } from './recording-reporter.js';

/** A pod as a cloud sends it. */
export interface PodObject {
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    resourceVersion?: string;
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
  };
  spec: PodSpec;
  status?: Partial<PodStatus>;
}

export function podObject(spec: PodSpec, metadata: Partial<PodObject['metadata']> = {}): PodObject {
  return {
    metadata: { name: 'p', namespace: 'default', uid: randomUUID(), ...metadata },
    spec: { nodeName: 'edge-1', terminationGracePeriodSeconds: 1, ...spec },
  };
}

export interface HarnessOptions extends Partial<EdgedOptions> {
  readonly runtime: ContainerRuntime;
  /** Directory for pods and logs; the caller removes it. */
  readonly directory: string;
  readonly objects?: FakeObjects;
}

/** Edged on a bus of its own, with its cloud and its reports in memory. */
export class Harness {
  readonly objects: FakeObjects;
  readonly reporter = new RecordingReporter();
  readonly events: PodEvent[] = [];
  readonly edged: Edged;
  readonly link = new MutableCloudLink({ connected: true, profile: profile2020 });
  readonly #bus = createBus();
  readonly #cloud: Participant;
  #stopped = false;

  constructor({ directory, objects = new FakeObjects(), ...options }: HarnessOptions) {
    this.objects = objects;
    this.edged = new Edged({
      nodeName: 'edge-1',
      link: this.link,
      objects,
      reporter: this.reporter,
      nodeIps: () => ['10.0.0.1'],
      rootDirectory: join(directory, 'root'),
      podLogsDir: join(directory, 'logs'),
      retryMs: 500,
      onEvent: (event) => this.events.push(event),
      registryConfigFiles: [],
      ...options,
    });
    this.#bus.add(this.edged, { when: 'never' });
    this.#bus.start();
    this.#cloud = this.#bus.join('cloud');
  }

  async send(operation: string, resource: string, content: unknown): Promise<void> {
    await this.#cloud.send(
      'edged',
      createMessage({ source: 'edgecontroller', group: 'resource', operation, resource, content }),
    );
  }

  /** Asks and waits, as MetaManager does with a CSI call. */
  request(operation: string, resource: string, content: unknown): Promise<Message> {
    const route = { source: 'cloudhub', group: 'resource', operation, resource };
    return this.#cloud.request('edged', createMessage({ ...route, content }), { timeoutMs: 5000 });
  }

  insert(pod: PodObject): Promise<void> {
    return this.send('insert', `${pod.metadata.namespace}/pod/${pod.metadata.name}`, pod);
  }

  update(pod: PodObject): Promise<void> {
    return this.send('update', `${pod.metadata.namespace}/pod/${pod.metadata.name}`, pod);
  }

  /** What an API server does first: a deletion time, and the grace period. */
  terminate(pod: PodObject, graceSeconds = pod.spec.terminationGracePeriodSeconds ?? 1): Promise<void> {
    return this.update({
      ...pod,
      metadata: {
        ...pod.metadata,
        deletionTimestamp: '2026-11-23T08:00:00Z',
        deletionGracePeriodSeconds: graceSeconds,
      },
    });
  }

  delete(pod: PodObject): Promise<void> {
    return this.send('delete', `${pod.metadata.namespace}/pod/${pod.metadata.name}`, {
      metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace },
      spec: { containers: null },
      status: {},
    });
  }

  /** Deletes and waits until nothing is left here. */
  async removeCompletely(pod: PodObject): Promise<void> {
    await this.delete(pod);
    await eventually(() => this.reporter.forgotten.includes(pod.metadata.uid), {
      timeoutMs: 20_000,
      what: `pod ${pod.metadata.name} to be forgotten`,
    });
  }

  status(pod: PodObject): PodStatus | undefined {
    return this.reporter.last(pod.metadata.uid);
  }

  /** Waits until the pod's status is as asked; tells the last one when it never is. */
  async until(
    pod: PodObject,
    check: (status: PodStatus) => boolean,
    { timeoutMs = 15_000 }: { timeoutMs?: number } = {},
  ): Promise<PodStatus> {
    try {
      return await eventually(
        () => {
          const status = this.status(pod);
          return status && check(status) ? status : undefined;
        },
        { timeoutMs },
      );
    } catch {
      const events = this.events.map(({ reason, message }) => `${reason}: ${message}`).join('\n');
      throw new Error(`the status did not come: ${JSON.stringify(this.status(pod), null, 1)}\n${events}`);
    }
  }

  /** Waits until one of the pod's statuses was as asked: for what passes quickly. */
  async once(pod: PodObject, check: (status: PodStatus) => boolean): Promise<PodStatus> {
    return eventually(() => this.reporter.statuses.get(pod.metadata.uid)?.find(check), {
      timeoutMs: 15_000,
      what: `the status of pod ${pod.metadata.name}`,
    });
  }

  /** Stops edged; containers keep running. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cloud.close();
    const { hanging } = await this.#bus.stop({ graceMs: 5000 });
    if (hanging.length > 0) throw new Error(`modules hang: ${hanging.join(', ')}`);
  }
}

/** Status of the container `name`. */
/** For {@link Harness.until}: the pod runs. */
export function running({ phase }: Pick<PodStatus, 'phase'>): boolean {
  return phase === 'Running';
}

export function containerOf(status: PodStatus, name = 'c') {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  const found = all.find((one) => one.name === name);
  if (!found) throw new Error(`no container ${name} in ${JSON.stringify(status)}`);
  return found;
}
