/** Makes rows that set a figure of the agent beside the same figure of a Node process that does nothing. */
export function comparedWith(ours, bare) {
  return (what, unit, key) => ({ what, unit, value: ours[key], baseline: bare[key], of: 'bare node' });
}
