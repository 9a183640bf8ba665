import { containerConfig, sandboxConfig } from './pod-config.js';

export { containerConfig, sandboxConfig };

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { afterEach } from '@jest/globals';
import type { ContainerConfig, ContainerRuntime, LogRecord } from '../../src/index.js';
import { createProcessRuntime, type ProcessRuntime, type ProcessRuntimeOptions } from '../../src/index.js';

/** A runtime on a directory of its own; what it still runs after a test is removed. */
export function runtimes() {
  const open: ProcessRuntime[] = [];
  afterEach(async () => {
    for (const runtime of open.splice(0)) {
      for (const { id } of await runtime.listSandboxes().catch(() => [])) await runtime.removeSandbox(id);
      await runtime.close();
    }
  });
  return async (options: Partial<ProcessRuntimeOptions> = {}): Promise<ProcessRuntime> => {
    const rootDir = options.rootDir ?? (await tempDir('edgecore-process-'));
    const runtime = createProcessRuntime({ checkIntervalMs: 200, ...options, rootDir });
    open.push(runtime);
    return runtime;
  };
}

/** Starts a pod of one container; the container's id. */
export async function run(
  runtime: ContainerRuntime,
  script: string,
  overrides: Partial<ContainerConfig> = {},
): Promise<string> {
  const config = sandboxConfig();
  const sandbox = await runtime.runSandbox(config);
  const id = await runtime.createContainer(sandbox.id, config, containerConfig(script, overrides));
  await runtime.startContainer(id);
  return id;
}

/** Waits for the end of a container; its status. */
export async function ended(runtime: ContainerRuntime, id: string) {
  for await (const _ of runtime.logs(id, { follow: true, tailLines: 0 }));
  return runtime.containerStatus(id);
}

export async function collect(records: AsyncIterable<LogRecord>): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
}

export async function text(records: AsyncIterable<LogRecord>, stream: 'stdout' | 'stderr' = 'stdout') {
  const all = await collect(records);
  return Buffer.concat(all.filter((record) => record.stream === stream).map(({ data }) => data)).toString();
}

/** The PID of a container's leader, as its files say. */
export async function leaderPid(rootDir: string, id: string): Promise<number> {
  return Number.parseInt(await readFile(join(rootDir, 'containers', id, 'run', 'process'), 'utf8'), 10);
}
