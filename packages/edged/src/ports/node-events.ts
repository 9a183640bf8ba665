/** A Kubernetes event about this node, before anybody decided to send it. */
export interface NodeEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase word, as kubelet writes it: `FreeDiskSpaceFailed`, `EvictionThresholdMet`. */
  readonly reason: string;
  readonly message: string;
}

/** Takes events. Must not throw and must return at once. */
export type NodeEventListener = (event: NodeEvent) => void;
