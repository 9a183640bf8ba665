/**
 * Makes a content safe to be shared by the members of a group, so that one
 * cannot change what the others see (beehive.md §7 R12): objects and lists are
 * frozen at any depth. Bytes cannot be frozen; false means that there are some
 * and each member needs a copy of its own.
 */
export function freezeContent(content: unknown): boolean {
  const seen = new Set<object>();
  // Not recursive: how deep a content is, its sender decides.
  const open: unknown[] = [content];
  let frozen = true;
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      frozen = false;
      continue;
    }
    Object.freeze(value);
    for (const inner of Object.values(value)) open.push(inner);
  }
  return frozen;
}
