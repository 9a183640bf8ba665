/** What a bare command line of the Go program means in commands of ours. */
export interface Rewritten {
  readonly argv: readonly string[];
  /** To be said on stderr. */
  readonly notes: readonly string[];
}

/** Logging flags of the Go program: taking a value, or switches. */
const KLOG_WITH_VALUE = new Set([
  'vmodule',
  'log-flush-frequency',
  'log-dir',
  'log-file',
  'log-file-max-size',
  'stderrthreshold',
  'log-backtrace-at',
]);
const KLOG_SWITCH = new Set([
  'logtostderr',
  'alsologtostderr',
  'skip-headers',
  'skip-log-headers',
  'add-dir-header',
]);

/**
 * Accepts the Go program's flags before (or without) a command, so that its
 * service files keep working (config.md §5): `--config`, `--minconfig`,
 * `--defaultconfig`, `--version`, `-v` and the logging flags.
 */
export function rewriteUpstreamFlags(
  argv: readonly string[],
  { defaultConfig }: { defaultConfig: string | undefined },
): Rewritten {
  const notes: string[] = [];
  const start: string[] = [];
  let config: string | undefined;
  let at = 0;
  for (; at < argv.length; at += 1) {
    const { name, value: inline } = split(argv[at]!);
    const value = () => inline ?? argv[++at];
    if (name === 'config') config = value();
    else if ((name === 'minconfig' || name === 'defaultconfig') && inline !== 'false') {
      const kind = name === 'minconfig' ? 'min' : 'default';
      return { argv: ['config', kind, ...withoutConfig(argv.slice(at + 1))], notes };
    } else if (name === 'version' || name === 'V') {
      return { argv: ['version', ...(inline === 'raw' ? ['--json'] : [])], notes };
    } else if (name === 'v') start.push('--log-level', levelOf(value()));
    else if (name !== undefined && (KLOG_WITH_VALUE.has(name) || KLOG_SWITCH.has(name))) {
      if (KLOG_WITH_VALUE.has(name)) value();
      notes.push(`--${name} has no effect here: logs go to standard output, see --log-level`);
    } else if (name !== 'minconfig' && name !== 'defaultconfig') break;
  }
  const rest = argv.slice(at);
  const command = rest[0];
  const configArgs = config === undefined ? [] : ['--config', config];
  if (command !== undefined && !command.startsWith('-')) {
    // What follows `--` is not for us.
    const end = rest.includes('--') ? rest.indexOf('--') : rest.length;
    return { argv: [...rest.slice(0, end), ...configArgs, ...rest.slice(end)], notes };
  }
  if (command === '--help' || command === '-h') return { argv: rest, notes };
  if (argv.length === 0) {
    return { argv: defaultConfig === undefined ? ['--help'] : ['start', '--config', defaultConfig], notes };
  }
  const file = config ?? defaultConfig;
  return {
    argv: ['start', ...(file === undefined ? [] : ['--config', file]), ...start, ...rest],
    notes,
  };
}

/** What is printed does not depend on a file; the Go program takes the flag and ignores it, too. */
function withoutConfig(argv: readonly string[]): string[] {
  const at = argv.findIndex((arg) => split(arg).name === 'config');
  if (at < 0) return [...argv];
  return [...argv.slice(0, at), ...argv.slice(at + (split(argv[at]!).value === undefined ? 2 : 1))];
}

function split(arg: string): { name?: string; value?: string } {
  const match = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(arg);
  if (!match) return {};
  return match[2] === undefined ? { name: match[1]! } : { name: match[1]!, value: match[2] };
}

/** The Go program logs more from 4 on, nearly everything from 6. */
function levelOf(verbosity: string | undefined): string {
  const level = Number(verbosity ?? 0);
  if (level >= 6) return 'trace';
  return level >= 4 ? 'debug' : 'info';
}
