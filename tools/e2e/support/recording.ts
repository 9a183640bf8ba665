import type { GoldenLine } from '@edgecore/testing';
import { golden } from '@edgecore/testing';

export interface Route {
  readonly source: string;
  readonly group: string;
  readonly operation: string;
  readonly resource: string;
}

/** One hub message of a recording. */
export interface RecordedMessage extends Route {
  readonly id: string;
  readonly parentId: string;
  readonly resourceVersion: string;
  readonly timestamp: number;
  readonly content: unknown;
}

/** What the cloud sent by itself, and what the Go edge sent up until the next such message. */
export interface Phase {
  /** Which of the recorded connections it belongs to, from 1; 0 when the recording begins within one. */
  readonly connection: number;
  /** Absent in the first phase of a connection: what the edge does after connecting. */
  readonly down: RecordedMessage | undefined;
  readonly expected: readonly RecordedMessage[];
  /** What came on a timer: it must come, too, but not at this place. */
  readonly timed: readonly RecordedMessage[];
}

export interface Recording {
  readonly phases: readonly Phase[];
  /** Everything the recorded edge sent, what `ignore` leaves out included, in its order. */
  readonly sent: readonly RecordedMessage[];
  /** Extra headers of each recorded dial. */
  readonly dials: readonly Readonly<Record<string, string>>[];
  /** The recorded answer to a message the edge sent, by what was asked: one after the other, the last again and again. */
  answerTo(asked: Route): RecordedMessage | undefined;
}

export interface ReadOptions {
  /** Default `2020`. */
  readonly cloud?: '2020' | 'v1.23';
  /** Messages of parts that are not under test: they are in `sent`, but not waited for. */
  readonly ignore?: (message: RecordedMessage) => boolean;
}

/** `source operation resource`, for matching and for messages of failed tests. */
export function routeText({ source, group, operation, resource }: Route): string {
  return `${source}/${group} ${operation} ${resource}`;
}

/**
 * Cuts a recording into phases. Keepalives, node statuses and leases come on a timer:
 * they are left out of the order, but expected, and kept as questions.
 */
export function readRecording(file: string, options: ReadOptions = {}): Recording {
  const { cloud = '2020', ignore = () => false } = options;
  let connection = 0;
  const dials: Record<string, string>[] = [];
  const lines = golden(cloud, file).flatMap((line) => {
    if (line.ch !== 'cloudhub-ws') return [];
    if (line.kind === 'ws-handshake') {
      connection += 1;
      dials.push(lowerCase(line['extraHeaders'] as Record<string, string[]>));
    }
    return line.message ? [{ dir: line.dir, connection, message: messageOf(line.message) }] : [];
  });
  const sent = lines.filter(({ dir }) => dir === 'up').map(({ message }) => message);
  const asked = new Map(sent.map((message) => [message.id, message]));
  const answers = new Map<string, RecordedMessage[]>();
  const phases: (Phase & { expected: RecordedMessage[]; timed: RecordedMessage[] })[] = [];
  const begin = (of: number, down: RecordedMessage | undefined) =>
    phases.push({ connection: of, down, expected: [], timed: [] });
  for (const { dir, connection: of, message } of lines) {
    if (phases.at(-1)?.connection !== of) begin(of, undefined);
    // The Go edge sends one empty message when it stops.
    if (message.id === '' || ignore(message)) continue;
    const question = dir === 'down' && message.parentId !== '' ? asked.get(message.parentId) : undefined;
    if (question) answers.set(routeText(question), [...(answers.get(routeText(question)) ?? []), message]);
    else if (dir === 'down') begin(of, message);
    else phases.at(-1)![isTimed(message) ? 'timed' : 'expected'].push(message);
  }
  const answerTo = (route: Route) => {
    const left = answers.get(routeText(route)) ?? [];
    return left.length > 1 ? left.shift() : left[0];
  };
  return { phases, sent, dials, answerTo };
}

/** Sent on a timer of some seconds: keepalives, node statuses, leases. */
function isTimed({ operation, resource }: Route): boolean {
  if (operation === 'keepalive') return true;
  if (resource.includes('/lease/')) return operation !== 'response';
  return operation === 'update' && resource.includes('/nodestatus/');
}

function lowerCase(headers: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, [value = '']]) => [name.toLowerCase(), value]),
  );
}

function messageOf({ header, route, content }: NonNullable<GoldenLine['message']>): RecordedMessage {
  return {
    id: header.msg_id,
    parentId: header.parent_msg_id ?? '',
    resourceVersion: header.resourceversion ?? '',
    timestamp: header.timestamp,
    source: route.source ?? '',
    group: route.group ?? '',
    operation: route.operation ?? '',
    resource: route.resource ?? '',
    content,
  };
}
