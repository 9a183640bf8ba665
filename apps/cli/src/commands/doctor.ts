import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { dockerEndpointOf } from '../docker/engine-request.js';
import { embeddedPaths } from '../embedded/paths.js';
import { CliError, ExitCode } from '../errors.js';
import { line } from '../io.js';
import type { CommandContext } from '../program.js';
import { table } from '../table.js';

interface DoctorOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

const SIGN = { ok: 'ok', warning: 'WARN', failed: 'FAIL', skip: '-' } as const;

export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('check what this machine needs to be an edge node; exit code 1 when something is missing')
    .option('--config <file>', 'check against this configuration (default: the embedded set-up)')
    .option('--data-dir <dir>', 'data directory of the embedded set-up (default: ~/.edgecore)')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  edgecore doctor\n  edgecore doctor --config /etc/kubeedge/config/edgecore.yaml',
    )
    .action((options: DoctorOptions) => doctor(options, context));
}

async function doctor(options: DoctorOptions, { io, setExitCode }: CommandContext): Promise<void> {
  const { checkConfigFile, formatProblem } = await import('@edgecore/edgecore');
  const { allChecks } = await import('../doctor/checks.js');
  const { runChecks } = await import('../doctor/run-checks.js');
  let config: Awaited<ReturnType<typeof checkConfigFile>>['config'];
  if (options.config !== undefined) {
    const checked = await checkConfigFile(options.config, { env: io.env });
    if (!checked.config) {
      const errors = checked.problems.filter(({ severity }) => severity === 'error');
      throw new CliError(
        `${options.config} cannot be used, correct it first (edgecore config check --config ${options.config}):\n  ${errors.map(formatProblem).join('\n  ')}`,
      );
    }
    config = checked.config;
  }
  const dataDir = config ? resolve(dirname(config.database.path)) : embeddedPaths(options.dataDir).node;
  const results = await runChecks(allChecks(), {
    config,
    dataDir,
    dockerEndpoint: config?.edged.runtime.dockerEndpoint ?? dockerEndpointOf(io.env),
    env: io.env,
    now: Date.now(),
  });
  const failures = results.filter(({ state }) => state === 'failed').length;
  if (failures > 0) setExitCode(ExitCode.failure);
  if (options.json) {
    line(io.stdout, JSON.stringify({ ok: failures === 0, checks: results }, null, 2));
    return;
  }
  const rows = results.map(({ name, state, found }) => [SIGN[state], name, found]);
  line(io.stdout, table(rows));
  const advised = results.filter(({ advice }) => advice !== undefined);
  if (advised.length > 0) {
    line(io.stdout);
    line(io.stdout, 'What to do:');
    for (const { name, advice } of advised) line(io.stdout, `  ${name}: ${advice}`);
  }
  line(io.stdout);
  line(
    io.stdout,
    failures === 0 ? 'This machine is ready.' : `${failures} of ${results.length} checks failed.`,
  );
}
