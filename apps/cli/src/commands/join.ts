import { errorText } from '@edgecore/api';
import { type Command, Option } from 'commander';
import { CliError } from '../errors.js';
import { type CliIo, line } from '../io.js';
import type { JoinPlan } from '../join/document.js';
import type { JoinOptions } from '../join/options.js';
import type { Token } from '../join/token.js';
import type { CommandContext } from '../program.js';
import { collect } from './collect.js';
import { apiOption } from './config.js';

const EXAMPLES = `
The token is taken from a file or from standard input; given as -t it is visible in the shell's history.
It is written to a file of its own (mode 0600), never into the configuration.

Examples:
  edgecore join -e 203.0.113.5:10000 -i node-1 --token-file token
  keadm gettoken | edgecore join -e [2001:db8::5]:10000 -i node-1 --token-file -
  edgecore join -e 203.0.113.5:10000 -i node-1 --dry-run --set modules.edgeHub.heartbeat=10
  edgecore join -e 203.0.113.5:10000 -i node-1 --cloud-profile 2020 --token-file token`;

export function addJoinCommand(program: Command, { io }: CommandContext): void {
  program
    .command('join')
    .description('write the configuration that joins this machine to a KubeEdge cloud')
    .requiredOption('-e, --cloudcore-ipport <host:port>', 'where CloudCore listens (websocket)')
    .option('-i, --edgenode-name <name>', 'name of the node (default: the host name)')
    .option('-t, --token <token>', 'the token; - reads it from standard input')
    .option('--token-file <file>', 'file holding the token; - reads standard input')
    .option('-s, --certport <port>', 'port of the certificate service', '10002')
    .option('--hub-protocol <protocol>', 'websocket', 'websocket')
    .option('--cgroupdriver <driver>', 'cgroupfs or systemd; must be the engine’s')
    .option('-p, --remote-runtime-endpoint <url>', 'socket of the container engine (Docker)')
    .option('-l, --labels <list>', 'labels of the node: k1=v1,k2=v2')
    .option('--set <path=value>', 'any key of the file; may be repeated', collect, [])
    .option('--pre-run <script>', 'run before anything else')
    .option('--post-run <script>', 'run at the end')
    .addOption(apiOption())
    .option('--cloud-profile <profile>', 'auto, 2020 or current; 2020 writes v1alpha1')
    .option('--config <file>', 'the file to write', '/etc/kubeedge/config/edgecore.yaml')
    .option('--dry-run', 'print the file instead of writing it, and contact nobody')
    .option('--force', 'replace an existing file, keeping a backup')
    .option('--skip-node-check', 'do not ask the cloud whether the name is taken')
    .option('-r, --runtimetype <type>', 'v1alpha1 only: docker or remote')
    .option('--interfacename <name>', 'network interface whose address the node has')
    .addOption(new Option('--certPath <dir>', 'no effect').hideHelp())
    .addOption(new Option('--kubeedge-version <version>', 'no effect').hideHelp())
    .addOption(new Option('--image-repository <name>', 'no effect').hideHelp())
    .addOption(new Option('--tarballpath <dir>', 'no effect').hideHelp())
    .addHelpText('after', EXAMPLES)
    .action((options: JoinOptions) => join(options, io));
}

async function join(options: JoinOptions, io: CliIo): Promise<void> {
  if (options.token !== undefined) io.hideArguments?.();
  const { formatConfig, hostFacts } = await import('@edgecore/edgecore');
  const { planJoin } = await import('../join/document.js');
  const plan = planJoin(options, await hostFacts());
  for (const warning of plan.warnings) line(io.stderr, `warning: ${warning}`);
  const text = formatConfig(plan.document);
  await checkText(text, options, io);
  if (options.dryRun) {
    io.stdout.write(text);
    return;
  }
  const { readToken } = await import('../join/token.js');
  await carryOut(plan, text, await readToken(options, io), options, io);
}

/** What is written must start: the loader sees it first. */
async function checkText(text: string, options: JoinOptions, io: CliIo): Promise<void> {
  const { formatProblem, hostFacts, parseConfig } = await import('@edgecore/edgecore');
  const { problems } = parseConfig(text, {
    host: await hostFacts(),
    env: io.env,
    ...(options.cloudProfile === undefined ? {} : { cloudProfile: options.cloudProfile }),
  });
  for (const problem of problems) {
    if (problem.severity === 'warning') line(io.stderr, `warning: ${formatProblem(problem)}`);
  }
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new CliError(errors.map(formatProblem).join('\n  '));
}

async function carryOut(
  plan: JoinPlan,
  text: string,
  token: Token | undefined,
  options: JoinOptions,
  io: CliIo,
): Promise<void> {
  const { bootstrapFileFor, processNames } = await import('@edgecore/edgecore');
  const { backUp, ensureReplaceable, writePrivate } = await import('../join/write.js');
  const { runScript } = await import('../join/scripts.js');
  if (options.preRun) await runScript(options.preRun);
  if ((await processNames()).has('edgecore')) {
    throw new CliError('EdgeCore is already running on this node, please stop it first');
  }
  await ensureReplaceable(options.config, options.force ?? false);
  await askCloud(plan, token, options, io);
  const backup = await backUp(options.config);
  await writePrivate(options.config, text);
  line(io.stdout, `configuration  ${options.config}${backup ? ` (the old one: ${backup})` : ''}`);
  if (token) {
    const file = bootstrapFileFor(options.config);
    await writePrivate(file, `${token.text}\n`);
    line(io.stdout, `token          ${file} (removed once the node has its certificate)`);
  }
  line(io.stdout, `next           edgecore --config ${options.config}`);
  if (options.postRun) {
    await runScript(options.postRun).catch((error: unknown) => {
      line(io.stderr, `warning: --post-run: ${errorText(error)}`);
    });
  }
}

async function askCloud(
  plan: JoinPlan,
  token: Token | undefined,
  options: JoinOptions,
  io: CliIo,
): Promise<void> {
  if (!token) {
    line(io.stderr, 'warning: no token given; the node needs one unless its certificates are already here');
    return;
  }
  const { checkNodeName, verifyCa } = await import('../join/cloud-check.js');
  const ca = await verifyCa(plan.httpServer, token.caHash);
  line(io.stdout, `cloud          ${plan.httpServer} (its CA is the token's)`);
  if (options.skipNodeCheck) return;
  await checkNodeName(plan.httpServer, plan.nodeName, ca);
  line(io.stdout, `node           ${plan.nodeName} (the name is free)`);
}
