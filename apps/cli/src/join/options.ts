import type { ConfigVersion } from '@edgecore/edgecore';

/** The flags of `join`, both generations of `keadm join` and ours (config.md §8). */
export interface JoinOptions {
  readonly cloudcoreIpport: string;
  readonly edgenodeName?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly certport: string;
  readonly hubProtocol: string;
  readonly cgroupdriver?: string;
  readonly remoteRuntimeEndpoint?: string;
  readonly runtimetype?: string;
  readonly interfacename?: string;
  readonly labels?: string;
  readonly set: readonly string[];
  readonly preRun?: string;
  readonly postRun?: string;
  readonly api?: ConfigVersion;
  readonly cloudProfile?: string;
  readonly config: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly skipNodeCheck?: boolean;
  /** Accepted from keadm's command lines, without effect. */
  readonly certPath?: string;
  readonly kubeedgeVersion?: string;
  readonly imageRepository?: string;
  readonly tarballpath?: string;
}

/** The format to write: `--api`, else by the cloud, else today's. */
export function apiOf({ api, cloudProfile }: Pick<JoinOptions, 'api' | 'cloudProfile'>): ConfigVersion {
  return api ?? (cloudProfile === '2020' ? 'v1alpha1' : 'v1alpha2');
}
