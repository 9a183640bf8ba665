import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEdgeCore, formatProblem, parseConfig } from '@edgecore/edgecore';

const dir = await mkdtemp(join(tmpdir(), 'edgecore-'));

// KubeEdge's own file; here a node that has no cloud.
const { config, problems } = parseConfig(
  `apiVersion: edgecore.config.kubeedge.io/v1alpha2
kind: EdgeCore
database: {dataSource: ${dir}/edgecore.db}
modules:
  edgeHub: {enable: false}
  edged: {hostnameOverride: shed, rootDirectory: ${dir}/pods, maxPods: 20}
edgecoreTs: {edged: {runtime: process}}
`,
  { host: { hostName: 'shed', localIp: '192.0.2.10', arch: 'x64' } },
);
for (const problem of problems) console.log(`${problem.severity}: ${formatProblem(problem)}`);
if (!config) throw new Error('the configuration cannot be used');

const node = createEdgeCore(config);
await node.start();
const { modules, pods } = await node.status();
console.log(modules.map(({ name }) => name).join(', '), `with ${pods.length} pods`);

const { clean } = await node.stop();
console.log(clean ? 'stopped cleanly' : 'stopped');
await rm(dir, { recursive: true });
