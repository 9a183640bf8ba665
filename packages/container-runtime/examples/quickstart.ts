import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContainerConfig, createProcessRuntime, type SandboxConfig } from '@edgecore/container-runtime';

const rootDir = await mkdtemp(join(tmpdir(), 'quickstart-'));
// With an engine on the machine, `createDockerRuntime()` takes the same calls.
const runtime = createProcessRuntime({ rootDir });

const pod: SandboxConfig = {
  pod: { uid: '5e76e208', namespace: 'default', name: 'web' },
  attempt: 0,
  image: 'pause',
  hostname: 'web',
  labels: { app: 'web' },
  annotations: {},
  network: 'host',
  pid: 'container',
  ipc: 'pod',
  ports: [],
  cgroupParent: '',
  sysctls: {},
  logDirectory: join(rootDir, 'logs'),
};
const container: ContainerConfig = {
  name: 'main',
  image: 'busybox',
  command: ['/bin/sh', '-c', 'echo "hello $WHO"; exit 3'],
  args: [],
  env: [{ name: 'WHO', value: 'edge' }],
  mounts: [],
  devices: [],
  stdin: false,
  stdinOnce: false,
  tty: false,
  resources: {},
  logPath: join(rootDir, 'logs', 'main', '0.log'),
  meta: { hash: '1', restartCount: 0, terminationMessagePath: '', terminationMessagePolicy: 'File' },
};

const sandbox = await runtime.runSandbox(pod);
const id = await runtime.createContainer(sandbox.id, pod, container);
await runtime.startContainer(id);
for await (const { stream, data } of runtime.logs(id, { follow: true }))
  console.log(stream, String(data).trim());
const { state, exitCode } = await runtime.containerStatus(id);
console.log(`${container.name} ${state} with code ${exitCode}`);

await runtime.removeSandbox(sandbox.id);
await runtime.close();
await rm(rootDir, { recursive: true });
