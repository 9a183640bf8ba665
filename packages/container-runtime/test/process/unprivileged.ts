/** An agent without root: runs a container, one with volumes, one as another user; prints what came of it. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mount } from '@edgecore/container-runtime';
import { createProcessRuntime } from '@edgecore/container-runtime';
import { containerConfig, sandboxConfig } from './pod-config.js';

const [rootDir, volume] = process.argv.slice(2) as [string, string];
const runtime = createProcessRuntime({ rootDir });
const config = sandboxConfig();
const sandbox = await runtime.runSandbox(config);

async function run(script: string, overrides: Parameters<typeof containerConfig>[1] = {}) {
  const id = await runtime.createContainer(sandbox.id, config, containerConfig(script, overrides));
  await runtime.startContainer(id);
  let output = '';
  for await (const { data } of runtime.logs(id, { follow: true })) output += data;
  return { id, output };
}
const refusal = (error: Error) => error.message;

mkdirSync(volume);
writeFileSync(join(volume, 'file'), 'seen\n');
const plain = await run('(exit 3); echo hello $?; exit 3');
const mounts: Mount[] = [
  { hostPath: volume, containerPath: '/data-edgecore', readOnly: false },
  { hostPath: volume, containerPath: '/ro-edgecore', readOnly: true },
];
const mounted = run(
  'cat /data-edgecore/file; touch /data-edgecore/new && ! touch /ro-edgecore/x 2>/dev/null && printf EROFS',
  {
    mounts,
  },
);
/** A volume, a process that leaves its group, an exec beside it; ended by removing the sandbox. */
async function longRunning() {
  const wanted = containerConfig('setsid sleep 1000 & exec sleep 1000', { mounts });
  const id = await runtime.createContainer(sandbox.id, config, wanted);
  await runtime.startContainer(id);
  const { stdout } = await runtime.exec(id, { command: ['cat', '/data-edgecore/file'] });
  return { id, exec: stdout.toString() };
}
const running = runtime.capabilities.mounts ? await longRunning() : undefined;

const result = {
  running,
  log: plain.output,
  exitCode: (await runtime.containerStatus(plain.id)).exitCode,
  mounts: runtime.capabilities.mounts,
  mounted: runtime.capabilities.mounts ? (await mounted).output : undefined,
  mountRefusal: runtime.capabilities.mounts ? undefined : await mounted.catch(refusal),
  refusal: await run('true', { security: { runAsUser: 1 } }).catch(refusal),
  left: [] as string[],
};
await runtime.removeSandbox(sandbox.id);
result.left = readdirSync(join(rootDir, 'containers'));
await runtime.close();
console.log(JSON.stringify(result));
