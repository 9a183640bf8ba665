import { writeFile } from 'node:fs/promises';
import { errorText } from '@edgecore/api';
import type { Command } from 'commander';
import { adminRequest } from '../embedded/admin-client.js';
import { embeddedPaths } from '../embedded/paths.js';
import { CliError } from '../errors.js';
import { line } from '../io.js';
import type { CommandContext } from '../program.js';

interface HttpOptions {
  readonly dataDir?: string;
  readonly header: readonly string[];
  readonly data?: string;
  readonly include?: boolean;
  readonly output?: string;
  readonly timeout: string;
}

interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Base64. */
  readonly body: string;
}

/** Mark of the node's own answers. */
const NODE_ITSELF = 'kubeedge-edgecore';

/** `edgecore cloud http`: a call of a REST service on a node, through the cloud. */
export function addHttp(cloud: Command, { io }: CommandContext, dataDir: readonly [string, string]): void {
  cloud
    .command('http')
    .argument('<method>', 'GET, POST, …')
    .argument('<node>', 'a connected node that runs serviceBus')
    .argument('<target>', 'port and path on the node, as 8080/health or http://127.0.0.1:8080/health')
    .description('call a REST service on a node')
    .option(
      '-H, --header <header>',
      '"Name: value"; may be repeated',
      (value, all) => [...all, value],
      [] as string[],
    )
    .option('-d, --data <text>', 'body of the request')
    .option('-i, --include', 'print status and headers too')
    .option('-o, --output <file>', 'write the body into a file, byte for byte')
    .option('--timeout <seconds>', 'wait for the answer', '60')
    .option(...dataDir)
    .action(async (method: string, node: string, target: string, options: HttpOptions) => {
      const timeoutMs = Number(options.timeout) * 1000;
      if (!(timeoutMs > 0)) throw new CliError(`--timeout ${options.timeout} is not a number of seconds`);
      const answer = await adminRequest<HttpAnswer>(embeddedPaths(options.dataDir).adminSocket, {
        method: 'POST',
        path: '/http',
        body: JSON.stringify({
          ...parseTarget(target),
          node,
          method,
          headers: parseHeaders(options.header),
          body: Buffer.from(options.data ?? '').toString('base64'),
          timeoutMs,
        }),
        // The cloud gives up first, and says why.
        timeoutMs: timeoutMs + 5000,
      });
      const body = Buffer.from(answer.body, 'base64');
      if (options.include) printHead(answer, io);
      if (options.output === undefined) io.stdout.write(body.toString('utf8'));
      else {
        await writeFile(options.output, body).catch((error: unknown) => {
          throw new CliError(`${options.output} cannot be written: ${errorText(error)}`);
        });
      }
      if (answer.status < 400) return;
      const itself = answer.headers['Server']?.includes(NODE_ITSELF) ?? false;
      if (options.output === undefined && body.length > 0) line(io.stdout);
      throw new CliError(`${itself ? `node ${node} itself` : 'the service'} answered ${answer.status}`);
    });
}

/** `8080/x`, `:8080/x`, `8080:/x`, `http://127.0.0.1:8080/x`: the machine is always the node itself. */
export function parseTarget(target: string): { port: number; path: string } {
  const [, port, path] = /^(?:http:\/\/(?:127\.0\.0\.1|localhost))?:?(\d{1,5}):?(\/.*)?$/s.exec(target) ?? [];
  if (port !== undefined && Number(port) > 0 && Number(port) < 65_536)
    return { port: Number(port), path: path ?? '/' };
  throw new CliError(`"${target}" is no service of a node; give port and path, for example 8080/health`);
}

function parseHeaders(lines: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const text of lines) {
    const [, name, value] = /^([^:\s]+):\s*(.*?)\s*$/.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw new CliError(`"${text}" is not a header such as "Name: value"`);
    headers[name] = [...(headers[name] ?? []), value];
  }
  return headers;
}

function printHead({ status, headers }: HttpAnswer, io: CommandContext['io']): void {
  line(io.stdout, `HTTP ${status}`);
  for (const [name, values] of Object.entries(headers)) {
    for (const value of values) line(io.stdout, `${name}: ${value}`);
  }
  line(io.stdout);
}
