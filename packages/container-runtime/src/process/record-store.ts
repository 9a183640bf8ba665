import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ContainerConfig, PodIdentity, SandboxConfig } from '../runtime.js';

export interface SandboxRecord {
  readonly id: string;
  readonly createdAt: number;
  readonly config: SandboxConfig;
  readonly stopped: boolean;
}

export interface ContainerRecord {
  readonly id: string;
  readonly sandboxId: string;
  readonly pod: PodIdentity;
  readonly createdAt: number;
  readonly config: ContainerConfig;
}

type Kind = 'sandboxes' | 'containers';

/**
 * The runtime's memory: `<root>/<kind>/<id>/record.json`, each written
 * atomically and durably. Files hold environment variables, so only their
 * owner may read them.
 */
export class RecordStore {
  constructor(readonly rootDir: string) {}

  directory(kind: Kind, id: string): string {
    return join(this.rootDir, kind, id);
  }

  async prepare(): Promise<void> {
    await mkdir(this.rootDir, { recursive: true, mode: 0o700 });
    await chmod(this.rootDir, 0o700);
    await mkdir(join(this.rootDir, 'sandboxes'), { recursive: true });
    await mkdir(join(this.rootDir, 'containers'), { recursive: true });
  }

  async save(kind: Kind, record: SandboxRecord | ContainerRecord): Promise<void> {
    const dir = this.directory(kind, record.id);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await writeDurably(join(dir, 'record.json'), JSON.stringify(record));
  }

  /** Idempotent. The record goes first, so that a crash half-way leaves something {@link load} cleans up. */
  async remove(kind: Kind, id: string): Promise<void> {
    await rm(join(this.directory(kind, id), 'record.json'), { force: true });
    await rm(this.directory(kind, id), { recursive: true, force: true });
  }

  /** All readable records, and the ids of directories without one. */
  async load<T extends SandboxRecord | ContainerRecord>(
    kind: Kind,
  ): Promise<{ records: T[]; broken: string[] }> {
    const records: T[] = [];
    const broken: string[] = [];
    for (const id of await readdir(join(this.rootDir, kind))) {
      try {
        const record = JSON.parse(await readFile(join(this.directory(kind, id), 'record.json'), 'utf8')) as T;
        if (record.id !== id) throw new Error('record of another id');
        records.push(record);
      } catch {
        broken.push(id);
      }
    }
    return { records, broken };
  }
}

/** Old content or new content, after a power cut too. Mode 0600. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const dir = await open(dirname(path), 'r');
  try {
    await dir.sync();
  } finally {
    await dir.close();
  }
}
