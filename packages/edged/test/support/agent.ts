/**
 * An agent with one stored pod in a process of its own: to be killed. Prints every status it tells, a line of JSON
 * each. Arguments: directory, namespace prefix, sandbox image, pod as JSON.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { MutableCloudLink, profile2020 } from '@edgecore/api';
import { createBus } from '@edgecore/beehive';
import { createDockerRuntime } from '@edgecore/container-runtime';
import { Edged, memoryObjects } from '@edgecore/edged';
import { isolatedRuntime } from './isolated-runtime.js';

const [directory, namespace, sandboxImage, pod] = process.argv.slice(2) as [string, string, string, string];
const engine = createDockerRuntime({ containerLogsDir: join(directory, 'container-logs') });
const edged = new Edged({
  nodeName: 'edge-1',
  runtime: isolatedRuntime(engine, namespace),
  link: new MutableCloudLink({ connected: true, profile: profile2020 }),
  objects: memoryObjects({ pods: [JSON.parse(pod)] }),
  nodeIps: () => ['10.0.0.1'],
  rootDirectory: join(directory, 'root'),
  podLogsDir: join(directory, 'logs'),
  sandboxImage,
  onStatus: (_pod, status) => writeSync(1, `${JSON.stringify(status)}\n`),
});
createBus().add(edged).start();
