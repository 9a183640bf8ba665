/** An agent to kill: starts one container, prints its id once a line was logged, and reads its log for ever. */
import { createProcessRuntime } from '@edgecore/container-runtime';
import { containerConfig, sandboxConfig } from './pod-config.js';

const [rootDir, gate] = process.argv.slice(2);
const runtime = createProcessRuntime({ rootDir: rootDir! });
const config = sandboxConfig();
const sandbox = await runtime.runSandbox(config);
const script = `n=0; while [ ! -e '${gate}' ]; do n=$((n+1)); echo line $n; sleep 0.005; done; echo last; exit 4`;
const id = await runtime.createContainer(sandbox.id, config, containerConfig(script));
await runtime.startContainer(id);
let lines = 0;
for await (const _ of runtime.logs(id, { follow: true })) {
  lines++;
  if (lines === 20) console.log(id);
}
