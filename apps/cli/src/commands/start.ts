import { type Command, InvalidArgumentError, Option } from 'commander';
import { CliError } from '../errors.js';
import { line } from '../io.js';
import type { CommandContext } from '../program.js';
import { collect } from './collect.js';

/** Flags of `start`. */
export interface StartOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly manifests?: string;
  readonly nodeName?: string;
  readonly mqttPort?: number;
  readonly runtime: 'auto' | 'docker' | 'process';
  readonly example: boolean;
  readonly set: readonly string[];
  readonly cloudProfile?: string;
  readonly strict?: boolean;
  readonly allowUnsupported?: boolean;
  readonly logLevel?: LogLevel;
  readonly logFormat: 'auto' | 'pretty' | 'json';
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
type LogLevel = (typeof LEVELS)[number];

const HELP = `
Without --config a cloud for this machine alone is started too, over real TLS on loopback; nothing has
to be set up and no internet is needed. Pods run on Docker when its engine answers, else as plain
processes. Every Kubernetes manifest in the manifests directory is run, and followed when it changes.

With --config the node joins a KubeEdge cloud: the file is KubeEdge's own edgecore.yaml (v1alpha1 or
v1alpha2), unchanged.

SIGINT, SIGTERM and SIGHUP end the agent; pods keep running and are taken up by the next start.

Examples:
  edgecore start
  edgecore start --data-dir ./try --runtime process
  sudo edgecore start --set modules.edgeMesh.enable=true
  edgecore start --config /etc/kubeedge/config/edgecore.yaml
  edgecore start --config edgecore.yaml --cloud-profile 2020 --log-level debug`;

export function addStartCommand(program: Command, context: CommandContext): void {
  program
    .command('start')
    .description('run an edge node: with a cloud of its own, or joined to a real one (--config)')
    .option('--config <file>', "KubeEdge's configuration file; without it, a cloud is started too")
    .option('--data-dir <dir>', 'everything of the embedded set-up (default: ~/.edgecore)')
    .option('--manifests <dir>', 'manifests to run (default: <data-dir>/manifests)')
    .option('--node-name <name>', 'name of the embedded node (default: the host name)')
    .addOption(
      new Option(
        '--mqtt-port <port>',
        'of the embedded MQTT broker, on loopback; 0: any free one (default: 1884 if it is free)',
      ).argParser(port),
    )
    .addOption(
      new Option('--runtime <runtime>', 'what runs the pods of the embedded node')
        .choices(['auto', 'docker', 'process'])
        .default('auto'),
    )
    .option(
      '--set <path=value>',
      "any key of the embedded node's configuration; may be repeated",
      collect,
      [],
    )
    .option('--no-example', 'do not put an example into an empty manifests directory')
    .option('--cloud-profile <profile>', 'with --config: auto, 2020 or current')
    .option('--strict', 'with --config: warnings count as errors')
    .option('--allow-unsupported', 'with --config: keys that are refused for safety only warn')
    .addOption(
      new Option('--log-level <level>', 'what is logged (default: info; embedded: warn)').choices(LEVELS),
    )
    .addOption(
      new Option('--log-format <format>', 'lines for people, or JSON')
        .choices(['auto', 'pretty', 'json'])
        .default('auto'),
    )
    .addHelpText('after', HELP)
    .action((options: StartOptions) => start(options, context));
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError('it must be a number from 0 to 65535.');
}

async function start(options: StartOptions, { io, setExitCode }: CommandContext): Promise<void> {
  if (options.config === undefined) {
    const { startEmbedded } = await import('../embedded/start-embedded.js');
    setExitCode(await startEmbedded(options, io));
    return;
  }
  if (options.set.length > 0) {
    throw new CliError(`--set is for the embedded node; with --config, change ${options.config} itself`);
  }
  const { checkEnvironment, createEdgeCore, createLogger, formatProblem, loadConfig, runEdgeCore } =
    await import('@edgecore/edgecore');
  const { config, problems } = await loadConfig(options.config, { ...options, env: io.env });
  await checkEnvironment({
    version: config.version,
    metaServer: config.metaManager.metaServer.enabled,
    env: io.env,
  });
  const log = await createLogger(loggerOptions(options, 'info'));
  for (const problem of problems)
    log[problem.severity === 'warning' ? 'warn' : 'info'](formatProblem(problem));
  const core = createEdgeCore(config, { log });
  const onStarted = () => line(io.stdout, `edgecore runs as node ${config.node.name}`);
  setExitCode(await runEdgeCore(core, { log, onStarted, ...(io.signal ? { signal: io.signal } : {}) }));
}

/** What {@link StartOptions} mean for the logger. */
export function loggerOptions({ logLevel, logFormat }: StartOptions, level: LogLevel) {
  return {
    level: logLevel ?? level,
    ...(logFormat === 'auto' ? {} : { pretty: logFormat === 'pretty' }),
  };
}
