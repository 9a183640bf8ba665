/** The part of a node's status this agent writes (edged.md §10). */
export interface NodeStatus {
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly phase?: 'Running';
  readonly conditions?: readonly NodeCondition[];
  readonly addresses: readonly NodeAddress[];
  /** Never part of a patch: the cloud puts its tunnel port there. */
  readonly daemonEndpoints?: { readonly kubeletEndpoint: { readonly Port: number } };
  readonly nodeInfo: NodeSystemInfo;
  /** Volumes the cloud must not detach; absent when there are none. */
  readonly volumesInUse?: readonly string[];
}

export interface NodeCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly lastHeartbeatTime: string | null;
  readonly lastTransitionTime: string | null;
  readonly reason: string;
  readonly message: string;
}

export interface NodeAddress {
  readonly type: 'InternalIP' | 'Hostname';
  readonly address: string;
}

export interface NodeSystemInfo {
  readonly machineID: string;
  readonly systemUUID: string;
  readonly bootID: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly containerRuntimeVersion: string;
  readonly kubeletVersion: string;
  readonly kubeProxyVersion: string;
  readonly operatingSystem: string;
  readonly architecture: string;
}

export interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** Extended resources of the legacy status (edged.md §10.1). */
export type ExtendResources = Record<string, { name: string; type: string; capacity: string }[]>;
