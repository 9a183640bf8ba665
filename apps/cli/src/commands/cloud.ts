import { readFile } from 'node:fs/promises';
import { errorText, type KubeObject } from '@edgecore/api';
import type { CloudDevice } from '@edgecore/minicloud';
import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { line, readAll } from '../io.js';
import { OBJECT_TABLES } from '../object-tables.js';
import type { CommandContext } from '../program.js';
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
    .argument('<kind>', 'nodes, pods, services, endpoints or devices')
    .description('list objects')
    .option(...DATA_DIR)
    .option('--json', 'the whole objects')
    .action(async (kind: string, options: CloudOptions & { json?: boolean }) => {
      const wanted = kind.toLowerCase();
      if (/^devices?$/.test(wanted)) {
        const devices = await call<CloudDevice[]>(options, { path: '/devices' });
        return line(io.stdout, options.json ? JSON.stringify(devices, null, 2) : deviceTable(devices));
      }
      const plural = Object.keys(OBJECT_TABLES).find((one) => one === wanted || one === `${wanted}s`);
      if (!plural) {
        throw new CliError(`"${kind}" cannot be listed; nodes, pods, services, endpoints and devices can`);
      }
      const objects = await call<KubeObject[]>(options, { path: `/${plural}` });
      line(io.stdout, options.json ? JSON.stringify(objects, null, 2) : OBJECT_TABLES[plural]!(objects));
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
