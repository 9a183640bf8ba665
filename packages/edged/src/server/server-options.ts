import type { Logger } from '@edgecore/api';
import type { ContainerRuntime } from '@edgecore/container-runtime';
import type { Pod } from '../kube-types.js';
import type { Host } from '../node/host.js';
import type { Clock } from '../ports/clock.js';
import type { PodSnapshot } from '../ports/status-sink.js';

/** Where and how edged's HTTP server listens. */
export interface EdgedHttpOptions {
  /** Default `127.0.0.1`. Whoever reaches it can run commands in every container: keep it there. */
  readonly address?: string;
  /** 0: none; `any`: one that is free. Default 10350. */
  readonly port?: number | 'any';
  /** A Unix socket besides, mode 0600: for this machine's own tools. Default none. */
  readonly socket?: string;
  /** Exec, attach and port-forward connections without traffic for so long are closed. Default 4 hours. */
  readonly streamIdleTimeoutMs?: number;
  /** Until a client of SPDY must have opened its streams. Default 30 000 ms. */
  readonly streamsTimeoutMs?: number;
  /** What a command may still do after its client has gone. Default 5000 ms. */
  readonly goneGraceMs?: number;
  /** The agent's own figures, added to `/metrics`: text of the Prometheus format. Default none. */
  readonly metrics?: () => Promise<string>;
  /** The machine the figures are about. Default: this one. */
  readonly host?: Host;
}

/** What the server asks edged for. */
export interface ServerSource {
  readonly nodeName: string;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly log: Logger;
  /** Volumes and pods live below it. */
  readonly rootDirectory: string;
  readonly podLogsDir: string;
  /** CPU limits are applied. */
  readonly cpuQuota: boolean;
  /** Cgroup the engine puts a pod's containers in. */
  cgroupOf(pod: Pod | undefined): string;
  pods(): readonly PodSnapshot[];
  /** Why edged does not work as it should; `undefined` while it does. */
  problem(): string | undefined;
}

export type ServerSettings = Required<Omit<EdgedHttpOptions, 'socket' | 'metrics' | 'host'>> &
  Pick<EdgedHttpOptions, 'socket' | 'metrics'> & { readonly host: Host };
