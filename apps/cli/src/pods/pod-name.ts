import { CliError } from '../errors.js';

/** A pod as it is named on the command line. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

const TYPES = new Set(['pod', 'pods', 'po']);

/**
 * Reads `POD`, `NAMESPACE/POD`, or kubectl's `pod/POD`; without a namespace it is `default`.
 * @throws {CliError} when the two ways of naming a namespace disagree, or a name is missing.
 */
export function parsePodName(text: string, namespace: string | undefined): PodName {
  const parts = text.split('/');
  if (parts.length > 2 || parts.some((part) => part === '')) {
    throw new CliError(`"${text}" names no pod: give POD, or NAMESPACE/POD`);
  }
  const name = parts.at(-1)!;
  const before = parts.length === 2 && !TYPES.has(parts[0]!) ? parts[0]! : undefined;
  if (before !== undefined && namespace !== undefined && before !== namespace) {
    throw new CliError(`"${text}" is in namespace ${before}, --namespace says ${namespace}: leave one out`);
  }
  return { namespace: before ?? namespace ?? 'default', name };
}
