import { CallError } from '../errors.js';
import type { ServiceAddress } from './resource.js';
import {
  checkPort,
  hasDotSegments,
  isBelow,
  type ResolvedTarget,
  resolveTarget,
  type ServiceTarget,
} from './target.js';

const LOOPBACK = resolveTarget({ port: 1 }, 0);

export interface PolicyOptions {
  /** The only services that may be called, with {@link allowPorts} if given too. Default: every port of 127.0.0.1. */
  readonly targets?: readonly ServiceTarget[];
  /** Ports of 127.0.0.1 that may be called. Default: all, or none when `targets` is given. */
  readonly allowPorts?: readonly number[];
  /** Ports of this machine that may never be called. Default: none; the assembly gives the agent's own. */
  readonly denyPorts?: readonly number[];
}

/** Decides which machine a call goes to, if to any: data in, data out. */
export class TargetPolicy {
  readonly #targets: readonly ResolvedTarget[];
  readonly #allowed: ReadonlySet<number> | undefined;
  readonly #denied: ReadonlySet<number>;

  /** @throws {InvalidOptionError} */
  constructor({ targets, allowPorts, denyPorts = [] }: PolicyOptions) {
    // The longest prefix decides.
    this.#targets = (targets ?? []).map(resolveTarget).sort((a, b) => b.prefix.length - a.prefix.length);
    const allowed = allowPorts ?? (targets ? [] : undefined);
    this.#allowed = allowed && new Set(allowed.map((port) => checkPort(port, 'allowPorts')));
    this.#denied = new Set(denyPorts.map((port) => checkPort(port, 'denyPorts')));
  }

  /** @throws {CallError} 403 when nothing allows it. */
  choose({ port, path }: ServiceAddress): ResolvedTarget {
    const ofPort = this.#targets.filter((target) => target.port === port);
    if (ofPort.length > 0) return this.#among(ofPort, port, path);
    if (this.#denied.has(port) || (this.#allowed && !this.#allowed.has(port))) throw denied(port);
    return { ...LOOPBACK, port, hostPort: port };
  }

  #among(targets: readonly ResolvedTarget[], port: number, path: string): ResolvedTarget {
    // A path that climbs could leave the prefix at the service.
    const climbs = hasDotSegments(path);
    const target = targets.find(({ prefix }) => isBelow(path, prefix) && (prefix === '/' || !climbs));
    const confined = targets.some(({ prefix }) => prefix !== '/');
    if (!target || (confined && climbs)) throw new CallError(403, `this path of port ${port} is not allowed`);
    if (target.local && this.#denied.has(target.hostPort)) throw denied(port);
    return target;
  }
}

function denied(port: number): CallError {
  return new CallError(403, `port ${port} is not allowed`);
}
