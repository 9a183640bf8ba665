import { dirname, join } from 'node:path';
import type { EdgeCoreConfig } from '../config/index.js';

/** Socket of the agent's own interface: as configured, else beside the database. */
export function socketPath({ status, database }: Pick<EdgeCoreConfig, 'status' | 'database'>): string {
  return status.socket === '' ? join(dirname(database.path), 'edgecore.sock') : status.socket;
}
