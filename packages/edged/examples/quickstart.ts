import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MutableCloudLink } from '@edgecore/api';
import { createBus } from '@edgecore/beehive';
import { createProcessRuntime } from '@edgecore/container-runtime';
import { Edged, memoryObjects, type PodStatus } from '@edgecore/edged';

const env = [{ name: 'WHO', value: 'edge' }];
const command = ['sh', '-c', 'echo "hello $WHO"; exit 3'];
const pod = {
  metadata: { name: 'hello', namespace: 'default', uid: '5e76e208' },
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', command, args: [], env }] },
};

const directory = await mkdtemp(join(tmpdir(), 'edged-'));
const runtime = createProcessRuntime({ rootDir: join(directory, 'runtime') });
const bus = createBus();
const status = await new Promise<PodStatus>((resolve) => {
  bus.add(
    new Edged({
      nodeName: 'laptop',
      runtime,
      link: new MutableCloudLink(),
      objects: memoryObjects({ pods: [pod] }),
      rootDirectory: join(directory, 'pods'),
      podLogsDir: join(directory, 'logs'),
      onStatus: (_pod, now) => now.phase === 'Failed' && resolve(now),
    }),
  );
  bus.start();
});
console.log(status.phase, status.containerStatuses?.[0]?.state.terminated?.exitCode);
for (const { id } of await runtime.listContainers()) {
  for await (const { data } of runtime.logs(id)) console.log(data.toString().trim());
}
await bus.stop();
await runtime.close();
await rm(directory, { recursive: true });
