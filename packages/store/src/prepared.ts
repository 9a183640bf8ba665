import type { Compilable } from 'kysely';

/**
 * A statement built once, to be run with other parameters: building takes
 * longer than running, and some statements run thousands of times a second.
 *
 * @param statement built with any parameters; their order is that of its SQL.
 */
export function prepared(statement: Compilable): (parameters: readonly unknown[]) => Compilable {
  const compiled = statement.compile();
  return (parameters) => ({ compile: () => ({ ...compiled, parameters }) });
}
