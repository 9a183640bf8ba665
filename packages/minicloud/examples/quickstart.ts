import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMinicloud } from '@edgecore/minicloud';

const dataDir = await mkdtemp(join(tmpdir(), 'minicloud-'));
const cloud = await startMinicloud({ dataDir });

// An edge node joins with this token and dials wss://127.0.0.1:<hubPort>.
console.log(`token: ${cloud.token.split('.').length} parts, CA in ${cloud.caPath.split('/').pop()}`);

cloud.on('podStatus', ({ pod, phase }) => console.log(`${pod.metadata.name} is ${phase}`));
await cloud.applyText(`
apiVersion: v1
kind: Pod
metadata: {name: hello}
spec:
  containers: [{name: main, image: "busybox:1.36", command: [sleep, "3600"]}]
`);
console.log(`waiting for a node: ${cloud.pods().length} pod`);

await cloud.close();
await rm(dataDir, { recursive: true });
