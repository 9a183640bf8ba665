import { dirname, join } from 'node:path';
import type { EdgeCoreConfig } from '../config/index.js';

/** Socket of the agent's own interface: as configured, else beside the database. */
export function socketPath({ status, database }: Pick<EdgeCoreConfig, 'status' | 'database'>): string {
  return status.socket === '' ? join(dirname(database.path), 'edgecore.sock') : status.socket;
}

/** Socket of edged's HTTP server, beside the agent's own: what this node's tunnel and tools ask, whatever the port. */
export function edgedSocketPath(config: Pick<EdgeCoreConfig, 'status' | 'database'>): string {
  return join(dirname(socketPath(config)), 'edged.sock');
}
