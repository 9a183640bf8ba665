import { type Command, Option } from 'commander';
import { ExitCode } from '../errors.js';
import { line, readAll } from '../io.js';
import type { CommandContext } from '../program.js';
import { table } from '../table.js';

interface PrintOptions {
  readonly api?: 'v1alpha1' | 'v1alpha2';
  readonly cloudProfile?: string;
}

interface CheckOptions {
  readonly config?: string;
  readonly strict?: boolean;
  readonly allowUnsupported?: boolean;
  readonly cloudProfile?: string;
  readonly json?: boolean;
}

export const apiOption = (): Option =>
  new Option('--api <version>', 'format of the file').choices(['v1alpha1', 'v1alpha2']);

export function addConfigCommand(program: Command, context: CommandContext): void {
  const config = program.command('config').description('look at, check and print configuration files');
  addCheck(config, context);
  addPrint(config, context, 'default', 'print the full default configuration');
  addPrint(config, context, 'min', 'print a minimal configuration');
}

function addPrint(parent: Command, { io }: CommandContext, kind: 'default' | 'min', description: string) {
  parent
    .command(kind)
    .description(description)
    .addOption(apiOption())
    .option('--cloud-profile <profile>', 'auto, 2020 or current; 2020 prints v1alpha1')
    .addHelpText('after', `\nExample:\n  edgecore config ${kind} --api v1alpha2 > edgecore.yaml`)
    .action(async (options: PrintOptions) => {
      const { hostFacts, printConfig } = await import('@edgecore/edgecore');
      const api = options.api ?? (options.cloudProfile === '2020' ? 'v1alpha1' : 'v1alpha2');
      io.stdout.write(printConfig(kind, api, await hostFacts()));
    });
}

function addCheck(parent: Command, context: CommandContext): void {
  parent
    .command('check')
    .description('say what each key of a file does and what is wrong; exit code 1 when it cannot be used')
    .option('--config <file>', 'the file; - reads standard input')
    .option('--strict', 'warnings count as errors')
    .option('--allow-unsupported', 'keys that are refused for safety only warn')
    .option('--cloud-profile <profile>', 'auto, 2020 or current; as for start')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  edgecore config check --config edgecore.yaml\n  edgecore --defaultconfig | edgecore --config /dev/stdin config check',
    )
    .action((options: CheckOptions) => check(options, context));
}

async function check(options: CheckOptions, { io, setExitCode }: CommandContext): Promise<void> {
  const { checkConfigFile, DEFAULT_CONFIG_FILE, formatProblem } = await import('@edgecore/edgecore');
  const file = options.config ?? DEFAULT_CONFIG_FILE;
  const { problems, keys, version, config } = await checkConfigFile(file, {
    ...options,
    env: io.env,
    // Opening /dev/stdin fails where it is a socket.
    ...(file === '/dev/stdin' || file === '-' ? { read: () => readAll(io.stdin) } : {}),
  });
  const failed = config === undefined;
  if (failed) setExitCode(ExitCode.failure);
  if (options.json) {
    line(io.stdout, JSON.stringify({ file, version, ok: !failed, keys, problems }, null, 2));
    return;
  }
  if (keys.length > 0) {
    const rows = keys.map((key) => [
      String(key.line),
      key.path,
      key.class,
      `${key.value}${key.isDefault ? ' (default)' : ''}`,
    ]);
    line(io.stdout, table([['LINE', 'KEY', 'CLASS', 'VALUE'], ...rows]));
    line(io.stdout);
  }
  for (const problem of problems) line(io.stdout, `${problem.severity}: ${formatProblem(problem)}`);
  const count = (severity: string) => problems.filter((problem) => problem.severity === severity).length;
  const verdict = failed ? 'cannot be used' : 'OK';
  line(
    io.stdout,
    `${file === '-' ? 'standard input' : file}: ${verdict} (${version}, ${count('error')} errors, ${count('warning')} warnings)`,
  );
}
