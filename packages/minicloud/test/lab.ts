import type { CloudProfileName } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { type Minicloud, type MinicloudOptions, startMinicloud } from '@edgecore/minicloud';
import { tempDir } from '@edgecore/testing';
import { afterEach } from '@jest/globals';
import { FakeEdge, nodeObject, READY } from './fake-edge.js';
import { KubeClient } from './kube-client.js';
import { TunnelEdge } from './tunnel-edge.js';

/** Short periods instead of seconds. */
export const FAST = { ackIntervalMs: 60, resyncIntervalMs: 50 } as const;
export const PROFILES: CloudProfileName[] = ['2020', 'current'];

export const uidOf = (message: Message) => (message.content as { metadata: { uid: string } }).metadata.uid;

/** Clouds and edges of one test file, closed after each test. */
export class Lab {
  readonly #open: { close(): Promise<void> }[] = [];

  constructor() {
    afterEach(async () => {
      for (const part of this.#open.splice(0).reverse()) await part.close();
    });
  }

  async start(profile: CloudProfileName, options: Partial<MinicloudOptions> = {}): Promise<Minicloud> {
    const cloud = await startMinicloud({ dataDir: await tempDir(), profile, ...FAST, ...options });
    this.#open.push(cloud);
    return cloud;
  }

  async connect(...args: Parameters<typeof FakeEdge.connect>): Promise<FakeEdge> {
    const edge = await FakeEdge.connect(...args);
    this.#open.push(edge);
    return edge;
  }

  /** A registered node that says it is ready, by the legacy messages both clouds understand. */
  async readyNode(cloud: Minicloud, name = 'edge-1'): Promise<FakeEdge> {
    const edge = await this.connect(cloud, name);
    await edge.ask('insert', `default/nodestatus/${name}`, nodeObject(name));
    await edge.ask('update', `default/nodestatus/${name}`, {
      UID: 'x',
      Status: READY,
      ExtendResources: null,
    });
    return edge;
  }

  /** A ready node with a stream tunnel, the pod `web` on it (container `main`), and a client of the API. */
  async streaming(profile: CloudProfileName, options: Partial<MinicloudOptions> = {}) {
    const cloud = await this.start(profile, options);
    await this.readyNode(cloud);
    const edge = await TunnelEdge.connect(cloud, 'edge-1');
    const client = await KubeClient.of(cloud);
    this.#open.push(edge, client);
    await cloud.apply(webPod());
    return { cloud, edge, client };
  }
}

export function webPod(more: object = {}, namespace = 'default', name = 'web', container = 'main') {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { nodeName: 'edge-1', containers: [{ name: container, image: 'busybox' }], ...more },
  };
}
