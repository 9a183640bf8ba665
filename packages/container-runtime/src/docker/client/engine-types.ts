/** The parts of the Docker Engine API's answers that are read here. */

export interface EngineMount {
  readonly Type?: string;
  readonly Source?: string;
  readonly Destination: string;
  readonly Mode?: string;
  readonly RW?: boolean;
  readonly Propagation?: string;
}

export interface EngineNetwork {
  readonly IPAddress?: string;
  readonly GlobalIPv6Address?: string;
}

export interface EngineContainer {
  readonly Id: string;
  readonly Created: string;
  readonly Name: string;
  /** Id of the image. */
  readonly Image: string;
  readonly LogPath?: string;
  /** Bytes of the writable layer; only when asked for with `size`. */
  readonly SizeRw?: number;
  readonly ResolvConfPath?: string;
  readonly State: {
    readonly Status?: string;
    readonly Running?: boolean;
    /** 0 when it does not run. */
    readonly Pid?: number;
    readonly OOMKilled?: boolean;
    readonly ExitCode?: number;
    readonly Error?: string;
    readonly StartedAt?: string;
    readonly FinishedAt?: string;
  };
  readonly Config: {
    readonly Image?: string;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly Tty?: boolean;
    readonly OpenStdin?: boolean;
  };
  readonly HostConfig: {
    readonly NetworkMode?: string;
    readonly OomScoreAdj?: number;
  };
  readonly Mounts?: readonly EngineMount[] | null;
  readonly NetworkSettings?: {
    readonly IPAddress?: string;
    readonly GlobalIPv6Address?: string;
    readonly Networks?: Readonly<Record<string, EngineNetwork>> | null;
  };
}

export interface EngineContainerListing {
  readonly Id: string;
  readonly Names?: readonly string[] | null;
  readonly Image: string;
  readonly ImageID: string;
  /** Seconds since the epoch. */
  readonly Created: number;
  readonly State?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly HostConfig?: { readonly NetworkMode?: string };
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, EngineNetwork>> | null };
}

export interface EngineImage {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Size: number;
  readonly Config?: { readonly User?: string } | null;
}

export interface EngineImageListing {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Size: number;
}

export interface EngineExec {
  readonly Running?: boolean;
  readonly ExitCode?: number | null;
  readonly Pid?: number;
}

export interface EngineInfo {
  readonly CgroupDriver?: string;
  readonly DockerRootDir?: string;
}

export interface EngineVersion {
  readonly Version: string;
  /** What the engine consists of; Podman calls itself so here. */
  readonly Components?: readonly { readonly Name?: string }[] | null;
}

export interface EngineStats {
  readonly read?: string;
  readonly pids_stats?: { readonly current?: number };
  readonly cpu_stats?: {
    readonly cpu_usage?: {
      readonly total_usage?: number;
      readonly usage_in_usermode?: number;
      readonly usage_in_kernelmode?: number;
    };
  };
  readonly memory_stats?: {
    readonly usage?: number;
    readonly max_usage?: number;
    readonly stats?: Readonly<Record<string, number>>;
  };
  readonly blkio_stats?: {
    readonly io_service_bytes_recursive?: readonly { readonly op: string; readonly value: number }[] | null;
  };
  readonly networks?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface EngineEvent {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
}
