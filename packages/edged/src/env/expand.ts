/**
 * Kubernetes' `$(NAME)` expansion (edged.md §6.3): a known name becomes its
 * value, an unknown one stays as written, `$$` becomes `$`. Nothing is
 * expanded twice.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  let result = '';
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (character !== '$') {
      result += character;
      continue;
    }
    const next = text[index + 1];
    if (next === '$') {
      result += '$';
      index++;
      continue;
    }
    const end = next === '(' ? text.indexOf(')', index + 2) : -1;
    if (end === -1) {
      result += '$';
      continue;
    }
    const name = text.slice(index + 2, end);
    result += lookup(name) ?? `$(${name})`;
    index = end;
  }
  return result;
}
