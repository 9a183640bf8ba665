import type { Logger } from '@edgecore/api';
import type { CgroupDriver } from './client/engine-facts.js';
import type { SeccompDefault } from './security.js';

export interface DockerRuntimeOptions {
  /** Socket of the engine (Docker, or Podman's Docker-compatible one). @default '/var/run/docker.sock' */
  readonly socketPath?: string;
  /** Instead of `socketPath`: `unix:///path`, `tcp://host:port`, `https://host:port`. @default the socket */
  readonly host?: string;
  /** PEM texts for an `https` host. @default none */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** @default silent */
  readonly log?: Logger;
  /** How long the engine may take to answer one request. @default 120_000 */
  readonly requestTimeoutMs?: number;
  /** What the configuration says; the engine's own driver is used in any case. @default 'auto' */
  readonly cgroupDriver?: CgroupDriver | 'auto';
  /** Seccomp profile of containers and sandboxes created without `securityOptions`. @default 'unconfined', as kubelet */
  readonly seccompDefault?: SeccompDefault;
  /**
   * Name of this agent where several share one engine: it sees only containers it made under this name.
   * @default '', the one agent without a name, which also adopts what a Go edgecore left
   */
  readonly instance?: string;
  /** Size at which the engine rotates a container's log. @default '10m' */
  readonly logMaxSize?: string;
  /** Log files the engine keeps per container. @default 5 */
  readonly logMaxFiles?: number;
  /** Directory of the `<pod>_<ns>_<container>-<id>.log` links. @default '/var/log/containers' */
  readonly containerLogsDir?: string;
}

export type ResolvedDockerOptions = Required<Omit<DockerRuntimeOptions, 'host' | 'socketPath' | 'tls'>>;
