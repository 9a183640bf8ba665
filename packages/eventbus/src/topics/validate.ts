/** Longest topic or filter MQTT can carry, bytes of UTF-8. */
const MAX_BYTES = 65_535;
/** The embedded broker's matcher takes no deeper ones. */
const MAX_LEVELS = 100;

/** What is wrong with a topic to publish to, if anything (eventbus.md §5). */
export function topicProblem(topic: string): string | undefined {
  const problem = textProblem(topic);
  if (problem !== undefined) return problem;
  if (topic.includes('+') || topic.includes('#')) return 'a topic must not contain "+" or "#"';
  return undefined;
}

/** What is wrong with a filter to subscribe to, if anything: MQTT 3.1.1 §4.7. */
export function filterProblem(filter: string): string | undefined {
  const problem = textProblem(filter);
  if (problem !== undefined) return problem;
  const levels = filter.split('/');
  for (const [index, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1)) {
      return '"#" must stand alone in the last level';
    }
    if (level.includes('+') && level !== '+') return '"+" must stand alone in its level';
  }
  return undefined;
}

function textProblem(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (text.includes('\0')) return 'it contains NUL';
  // No character takes more than three bytes per unit: most topics need no counting.
  if (text.length * 3 > MAX_BYTES && Buffer.byteLength(text) > MAX_BYTES) {
    return `it has more than ${MAX_BYTES} bytes`;
  }
  if (text.length >= MAX_LEVELS && text.split('/').length > MAX_LEVELS) {
    return `it has more than ${MAX_LEVELS} levels`;
  }
  return undefined;
}
