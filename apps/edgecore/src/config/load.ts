import { readFile } from 'node:fs/promises';
import { errorText } from '@edgecore/api';
import { CLOUD_PROFILE_VARIABLE, cloudProfileOf } from './cloud-profile.js';
import { convert } from './convert/convert.js';
import { type HostFacts, hostFacts } from './host-facts.js';
import { type KeyReport, keyReports, reportEffects } from './key-report.js';
import type { EdgeCoreConfig } from './model.js';
import type { ConfigTree } from './overlay/defaults.js';
import { overlay } from './overlay/overlay.js';
import { ConfigError, type Problem, ProblemList } from './problems.js';
import { ConfigReader } from './reader.js';
import type { ConfigVersion } from './schema/schema.js';
import { fileProblems } from './validate/files.js';
import { validate } from './validate/validate.js';
import { detectVersion } from './version.js';
import { readYaml } from './yaml/read.js';

/** Where upstream's agents look when no `--config` is given. */
export const DEFAULT_CONFIG_FILE = '/etc/kubeedge/config/edgecore.yaml';

export interface ParseOptions {
  /** Host name and address for the defaults. */
  readonly host: HostFacts;
  /** Name of the file, for messages. */
  readonly file?: string;
  /** `--cloud-profile`. */
  readonly cloudProfile?: string;
  /** Default: the process environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Warnings become errors. Default false. */
  readonly strict?: boolean;
  /** Keys that would weaken isolation or security only warn. Default false. */
  readonly allowUnsupported?: boolean;
}

/** Everything known about one file. */
export interface ParsedConfig {
  /** `undefined` when there are errors. */
  readonly config: EdgeCoreConfig | undefined;
  /** Errors, warnings and notes in file order. */
  readonly problems: readonly Problem[];
  readonly version: ConfigVersion | undefined;
  /** The class of every key of the file. */
  readonly keys: readonly KeyReport[];
  /** All effective values in the file's own format. Holds secrets: `redact` before showing. */
  readonly effective: ConfigTree;
}

/** Reads the text of an `edgecore.yaml` of either format. Never throws for bad input: see `problems`. */
export function parseConfig(text: string, options: ParseOptions): ParsedConfig {
  const problems = new ProblemList({ strict: options.strict ?? false });
  const root = readYaml(text, problems);
  const version = root && detectVersion(root, problems);
  if (!root || !version) {
    return { config: undefined, problems: problems.all(), version, keys: [], effective: {} };
  }
  const laid = overlay(root, version, options.host, problems);
  const reader = new ConfigReader(laid, version);
  const allowUnsupported = options.allowUnsupported ?? false;
  reportEffects(laid, problems, { allowUnsupported });
  const cloudProfile = cloudProfileOf(
    reader,
    {
      flag: options.cloudProfile,
      variable: (options.env ?? process.env)[CLOUD_PROFILE_VARIABLE],
    },
    problems,
  );
  validate(reader, problems, { allowUnsupported });
  return {
    config: problems.hasErrors ? undefined : convert(reader, { file: options.file, cloudProfile }),
    problems: problems.all(),
    version,
    keys: keyReports(laid),
    effective: laid.tree,
  };
}

export type LoadOptions = Omit<ParseOptions, 'file' | 'host'> & {
  readonly host?: HostFacts;
  /** How the file is read. Default: from the file system. */
  readonly read?: (file: string) => Promise<string>;
};

/**
 * Reads and checks a configuration file and the files it names.
 * Never throws for bad input: a file that cannot be read is one of the problems.
 */
export async function checkConfigFile(file: string, options: LoadOptions = {}): Promise<ParsedConfig> {
  let text: string;
  try {
    text = await (options.read ?? readText)(file);
  } catch (error) {
    return {
      config: undefined,
      problems: [unreadable(file, error)],
      version: undefined,
      keys: [],
      effective: {},
    };
  }
  const parsed = parseConfig(text, { ...options, file, host: options.host ?? (await hostFacts()) });
  if (!parsed.config) return parsed;
  const lines = new Map(parsed.keys.map(({ path, line }) => [path, line]));
  const problems = (await fileProblems(parsed.config)).map((problem) => {
    const line = lines.get(problem.path);
    return line === undefined ? problem : { ...problem, line };
  });
  return problems.length === 0
    ? parsed
    : { ...parsed, config: undefined, problems: [...parsed.problems, ...problems] };
}

/**
 * Like {@link checkConfigFile}, for those who need a usable configuration.
 * @throws {ConfigError} with every problem found; a missing file is one of them.
 */
export async function loadConfig(
  file: string,
  options: LoadOptions = {},
): Promise<ParsedConfig & { readonly config: EdgeCoreConfig }> {
  const checked = await checkConfigFile(file, options);
  if (!checked.config) throw new ConfigError(file, checked.problems);
  return { ...checked, config: checked.config };
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8');
}

function unreadable(file: string, error: unknown): Problem {
  const message =
    (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? `config: Required value: config file ${file} not exist. For the configuration file format, please refer to --minconfig and --defaultconfig command`
      : `config: ${file} cannot be read: ${errorText(error)}`;
  return { severity: 'error', kind: 'value', path: '', message };
}
