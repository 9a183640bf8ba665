import { readFile } from 'node:fs/promises';
import { errorText, type KubeObject } from '@edgecore/api';
import type { CloudDevice } from '@edgecore/minicloud';
import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { line, readAll } from '../io.js';
import type { CommandContext } from '../program.js';
import { table } from '../table.js';
import { type CloudOptions, call, DATA_DIR } from './cloud-call.js';
import { addDeviceCommands, deviceTable } from './cloud-devices.js';
import { addHttp } from './cloud-http.js';

export function addCloudCommand(program: Command, context: CommandContext): void {
  const cloud = program
    .command('cloud')
    .description('the embedded cloud: look at its objects, apply and delete them, call services of nodes')
    .addHelpText(
      'after',
      '\nExamples:\n  edgecore cloud get nodes\n  edgecore cloud apply -f pod.yaml\n  edgecore cloud delete pod hello\n  edgecore cloud device set thermometer temperature=24\n  edgecore cloud http GET my-node 8080/health',
    );
  addGet(cloud, context);
  addApply(cloud, context);
  addDelete(cloud, context);
  addDeviceCommands(cloud, context);
  addToken(cloud, context);
  addHttp(cloud, context, DATA_DIR);
}

function addGet(cloud: Command, { io }: CommandContext): void {
  cloud
    .command('get')
    .argument('<kind>', 'nodes, pods or devices')
    .description('list objects')
    .option(...DATA_DIR)
    .option('--json', 'the whole objects')
    .action(async (kind: string, options: CloudOptions & { json?: boolean }) => {
      const plural = /^(node|pod|device)s?$/i.exec(kind)?.[1]?.toLowerCase();
      if (!plural) throw new CliError(`"${kind}" cannot be listed; nodes, pods and devices can`);
      if (plural === 'device') {
        const devices = await call<CloudDevice[]>(options, { path: '/devices' });
        return line(io.stdout, options.json ? JSON.stringify(devices, null, 2) : deviceTable(devices));
      }
      const objects = await call<KubeObject[]>(options, { path: `/${plural}s` });
      if (options.json) line(io.stdout, JSON.stringify(objects, null, 2));
      else line(io.stdout, plural === 'node' ? nodeTable(objects) : podTable(objects));
    });
}

function addApply(cloud: Command, { io }: CommandContext): void {
  cloud
    .command('apply')
    .description('create or change the objects of a manifest')
    .requiredOption('-f, --file <file>', 'YAML or JSON; - reads standard input')
    .option(...DATA_DIR)
    .action(async (options: CloudOptions & { file: string }) => {
      const body =
        options.file === '-'
          ? await readAll(io.stdin)
          : await readFile(options.file, 'utf8').catch((error: unknown) => {
              throw new CliError(`the manifest cannot be read: ${errorText(error)}`);
            });
      const stored = await call<KubeObject[]>(options, { method: 'POST', path: '/apply', body });
      for (const { kind, metadata } of stored) {
        line(
          io.stdout,
          `${kind ?? 'object'} ${[metadata?.namespace, metadata?.name].filter(Boolean).join('/')} applied`,
        );
      }
    });
}

function addDelete(cloud: Command, { io }: CommandContext): void {
  cloud
    .command('delete')
    .argument('<kind>', 'pod, configmap, secret, node …')
    .argument('<name>')
    .description('delete an object; a pod gets time to end')
    .option('-n, --namespace <namespace>', 'of the object', 'default')
    .option('--grace <seconds>', 'time for a pod to end')
    .option(...DATA_DIR)
    .action(
      async (kind: string, name: string, options: CloudOptions & { namespace: string; grace?: string }) => {
        const namespace = /^nodes?$/i.test(kind) ? '-' : options.namespace;
        const query = options.grace === undefined ? '' : `?grace=${encodeURIComponent(options.grace)}`;
        const path = `/${[kind, namespace, name].map(encodeURIComponent).join('/')}${query}`;
        await call(options, { method: 'DELETE', path });
        line(io.stdout, `${kind} ${namespace === '-' ? '' : `${namespace}/`}${name} is being deleted`);
      },
    );
}

function addToken(cloud: Command, { io }: CommandContext): void {
  cloud
    .command('token')
    .description('a token for another node to join with')
    .option(...DATA_DIR)
    .action(async (options: CloudOptions) => {
      line(io.stdout, (await call<{ token: string }>(options, { path: '/token' })).token);
    });
}

interface Status {
  readonly phase?: string;
  readonly conditions?: readonly { type: string; status: string }[];
}

function nodeTable(nodes: readonly KubeObject[]): string {
  const rows = nodes.map(({ metadata, status }) => {
    const ready = (status as Status | undefined)?.conditions?.find(({ type }) => type === 'Ready')?.status;
    return [metadata?.name ?? '', ready === 'True' ? 'Ready' : 'NotReady'];
  });
  return rows.length === 0 ? 'No nodes.' : table([['NODE', 'STATUS'], ...rows]);
}

function podTable(pods: readonly KubeObject[]): string {
  const rows = pods.map(({ metadata, spec, status }) => [
    metadata?.namespace ?? '',
    metadata?.name ?? '',
    metadata?.deletionTimestamp ? 'Terminating' : ((status as Status | undefined)?.phase ?? 'Pending'),
    (spec as { nodeName?: string } | undefined)?.nodeName ?? '(no node yet)',
  ]);
  return rows.length === 0 ? 'No pods.' : table([['NAMESPACE', 'POD', 'STATUS', 'NODE'], ...rows]);
}
