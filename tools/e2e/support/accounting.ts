import type { GoldenCloud } from './golden-cloud.js';
import { type Recording, type Route, routeText } from './recording.js';
import { shapeDifferences } from './shape.js';

/** Messages by their route, followed by the content when that is a text, with the reason why the other side has none. */
export type Reasons = readonly (readonly [message: RegExp, why: string])[];

export interface AccountOptions {
  readonly recording: Recording;
  /** What our edge does not send. */
  readonly leftOut: Reasons;
  /** What only our edge sends. */
  readonly onlyOurs: Reasons;
  /** Differences in content that are meant. */
  readonly allowed: readonly RegExp[];
}

/** All of them empty: our edge did what the recorded one did, as far as a cloud can see. */
export interface Account {
  /** Recorded messages of the edge without a counterpart. */
  readonly missing: readonly string[];
  /** Messages of our edge the recorded one never sent. */
  readonly extra: readonly string[];
  /** Contents of another shape; texts, numbers and `null` of another value. */
  readonly contents: readonly string[];
  /** Messages of the cloud that were not confirmed exactly once. */
  readonly confirmations: readonly string[];
}

/** Holds what a replay saw against its recording, message by message, both ways. */
export function accountOf(hub: GoldenCloud, options: AccountOptions): Account {
  const { recording, leftOut, onlyOurs, allowed } = options;
  const matched = new Set(hub.matches.map(({ recorded }) => recorded.id));
  const known = new Set(recording.sent.map(routeText));
  return {
    missing: recording.sent
      .filter((message) => !matched.has(message.id) && !hasReason(leftOut, message))
      .map(routeText),
    extra: hub.heard
      .filter((message) => !known.has(routeText(message)) && !hasReason(onlyOurs, message))
      .map(routeText),
    contents: hub.matches.flatMap(({ recorded, sent }) =>
      contentDifferences(recorded.content, sent.content)
        .map((line) => `${recorded.operation} ${recorded.resource}${line}`)
        .filter((line) => !allowed.some((pattern) => pattern.test(line))),
    ),
    confirmations: hub
      .confirmations()
      .filter(({ times }) => times !== 1)
      .map(({ resource, times }) => `${resource} was confirmed ${times} times`),
  };
}

function hasReason(reasons: Reasons, message: Route & { readonly content: unknown }): boolean {
  const { content } = message;
  const text = typeof content === 'string' ? `${routeText(message)} ${content}` : routeText(message);
  return reasons.some(([pattern]) => pattern.test(text));
}

/** Patches travel as text that holds JSON. */
function contentDifferences(expected: unknown, actual: unknown): string[] {
  if (isJsonText(expected) && isJsonText(actual))
    return shapeDifferences(JSON.parse(expected), JSON.parse(actual));
  if (typeof expected === 'object' && expected !== null) return shapeDifferences(expected, actual);
  return expected === actual
    ? []
    : [`: ${JSON.stringify(expected)} expected, ${JSON.stringify(actual)} found`];
}

function isJsonText(content: unknown): content is string {
  return typeof content === 'string' && content.startsWith('{');
}
