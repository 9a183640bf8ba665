import { EdgeCoreError } from '@edgecore/api';

export type Severity = 'error' | 'warning' | 'info';

/** Why something is reported; stable, for programs. */
export type ProblemKind =
  | 'syntax'
  | 'version'
  | 'type'
  | 'value'
  | 'duplicateKey'
  | 'nullSection'
  | 'unknownKey'
  | 'withoutEffect'
  | 'refused'
  | 'document'
  | 'note';

/** One thing to say about a configuration. */
export interface Problem {
  readonly severity: Severity;
  readonly kind: ProblemKind;
  /** Dotted path of the key (`modules.edgeHub.heartbeat`); `''` for the file as a whole. */
  readonly path: string;
  /** Line in the file, from 1; absent when the value did not come from the file. */
  readonly line?: number;
  /** What was found, as text; never a secret. */
  readonly value?: string;
  readonly message: string;
}

/** Collects problems; `strict` turns warnings into errors (config.md L4). */
export class ProblemList {
  readonly #problems: Problem[] = [];
  readonly #strict: boolean;

  constructor({ strict = false }: { strict?: boolean } = {}) {
    this.#strict = strict;
  }

  add(problem: Problem): void {
    const severity = this.#strict && problem.severity === 'warning' ? 'error' : problem.severity;
    this.#problems.push({ ...problem, severity });
  }

  /** In file order; what has no line comes first. */
  all(): Problem[] {
    return [...this.#problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  }

  get hasErrors(): boolean {
    return this.#problems.some(({ severity }) => severity === 'error');
  }
}

/** `modules.edgeHub.heartbeat (line 7): …`, the form used in logs and on the terminal. */
export function formatProblem({ path, line, message }: Problem): string {
  const where = path === '' ? (line ? `line ${line}` : '') : line ? `${path} (line ${line})` : path;
  return where === '' ? message : `${where}: ${message}`;
}

/** The configuration cannot be used. `problems` holds every error and warning found, not just the first. */
export class ConfigError extends EdgeCoreError {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
    const text =
      errors.length === 1 ? errors[0] : `\n[\n${errors.map((error) => `  ${error}`).join('\n')}\n]`;
    super('ERR_CONFIG', `the configuration ${file} cannot be used: ${text}`);
    this.problems = problems;
  }
}
