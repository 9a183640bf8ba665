import type { ConnectionLimits } from './connection.js';

/** {@link ConnectionLimits} with every default filled in; 0 ms switches the timer off. */
export type ResolvedLimits = Required<ConnectionLimits>;

const MIB = 1024 * 1024;

/** Fills in the defaults of a client (`pingIntervalMs` 15 000) or a server (0). */
export function resolveLimits(limits: ConnectionLimits, pingIntervalMs: number): ResolvedLimits {
  const ping = limits.pingIntervalMs ?? pingIntervalMs;
  return {
    maxMessageBytes: limits.maxMessageBytes ?? 128 * MIB,
    writeTimeoutMs: limits.writeTimeoutMs ?? 15_000,
    pingIntervalMs: ping,
    livenessTimeoutMs: limits.livenessTimeoutMs ?? (ping === 0 ? 0 : 2 * ping + 15_000),
  };
}
