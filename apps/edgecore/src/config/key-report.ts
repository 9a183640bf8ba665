import { isDeepStrictEqual } from 'node:util';
import { parseDuration } from './duration.js';
import type { GivenKey, Overlaid } from './overlay/overlay.js';
import type { ProblemList } from './problems.js';
import { REDACTED } from './redact.js';
import type { ConfigValue, Field } from './schema/field.js';

export type KeyClass = 'used' | 'without effect' | 'unknown' | 'refused';

/** One line of the table of `config check`. */
export interface KeyReport {
  readonly path: string;
  readonly line: number;
  readonly class: KeyClass;
  /** As JSON; secrets are replaced. */
  readonly value: string;
  readonly isDefault: boolean;
  /** Why the key is not used. */
  readonly reason?: string;
}

/** The class of every key the file holds, in file order (config.md §9 L4). */
export function keyReports({ given }: Overlaid): KeyReport[] {
  return [...given.values()].map(reportOf).sort((a, b) => a.line - b.line);
}

/**
 * Says what is accepted without effect and what is refused. With
 * `allowUnsupported` refused keys only warn.
 */
export function reportEffects(
  { given }: Overlaid,
  problems: ProblemList,
  { allowUnsupported = false }: { allowUnsupported?: boolean } = {},
): void {
  for (const key of given.values()) {
    const report = reportOf(key);
    const common = { path: key.path, line: key.line, value: report.value };
    if (report.class === 'without effect' && !report.isDefault) {
      const message = `${report.value} has no effect: ${report.reason}`;
      problems.add({ ...common, severity: 'warning', kind: 'withoutEffect', message });
    } else if (report.class === 'refused') {
      const message = allowUnsupported
        ? `${report.value} is ignored (--allow-unsupported): ${report.reason}`
        : `${report.value} is refused: ${report.reason}; remove it, or start with --allow-unsupported to ignore it`;
      problems.add({
        ...common,
        severity: allowUnsupported ? 'warning' : 'error',
        kind: 'refused',
        message,
      });
    }
  }
}

function reportOf(key: GivenKey): KeyReport {
  const { path, line, field, value } = key;
  const isDefault = field !== undefined && sameValue(field, value, key.default);
  const shown = field?.secret ? (value === '' ? '""' : REDACTED) : shorten(JSON.stringify(value) ?? '');
  const base = { path, line, value: shown, isDefault };
  if (!field) return { ...base, class: 'unknown' };
  const { effect } = field;
  if (effect.kind === 'withoutEffect') return { ...base, class: 'without effect', reason: effect.reason };
  if (effect.kind === 'refused') {
    return { ...base, class: effect.when(value) ? 'refused' : 'used', reason: effect.reason };
  }
  return { ...base, class: 'used' };
}

function sameValue(field: Field, a: ConfigValue, b: ConfigValue): boolean {
  if (field.type === 'duration' && typeof a === 'string' && typeof b === 'string') {
    return parseDuration(a) === parseDuration(b);
  }
  return isDeepStrictEqual(a ?? null, b ?? null);
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
