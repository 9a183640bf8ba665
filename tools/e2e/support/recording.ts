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
}

export interface Recording {
  readonly phases: readonly Phase[];
  /** The recorded answer to a message the edge sent, by what was asked. */
  answerTo(asked: Route): RecordedMessage | undefined;
  /** What the Go edge sent when it asked the same, for comparing contents. */
  question(asked: Route): RecordedMessage | undefined;
}

/** `source operation resource`, for matching and for messages of failed tests. */
export function routeText({ source, group, operation, resource }: Route): string {
  return `${source}/${group} ${operation} ${resource}`;
}

/**
 * Cuts a recording into phases. `ignore` leaves out messages of parts that are
 * not under test (twins, the tunnel); keepalives and node statuses come on a
 * timer and are left out of the order but kept as answers.
 */
export function readRecording(
  file: string,
  ignore: (message: RecordedMessage) => boolean = () => false,
): Recording {
  let connection = 0;
  const lines = golden('2020', file).flatMap((line) => {
    if (line.ch !== 'cloudhub-ws') return [];
    if (line.kind === 'ws-handshake') connection += 1;
    return line.message ? [{ dir: line.dir, connection, message: messageOf(line.message) }] : [];
  });
  const asked = new Map(
    lines.filter((line) => line.dir === 'up').map((line) => [line.message.id, line.message]),
  );
  const answers = new Map<string, RecordedMessage>();
  const questions = new Map<string, RecordedMessage>();
  const phases: (Phase & { expected: RecordedMessage[] })[] = [];
  for (const { dir, connection, message } of lines) {
    if (phases.at(-1)?.connection !== connection) phases.push({ connection, down: undefined, expected: [] });
    // The Go edge sends one empty message when it stops.
    if (message.id === '' || ignore(message)) continue;
    const question = dir === 'down' && message.parentId !== '' ? asked.get(message.parentId) : undefined;
    if (question) answers.set(routeText(question), message);
    else if (dir === 'down') phases.push({ connection, down: message, expected: [] });
    else {
      if (message.operation !== 'response') questions.set(routeText(message), message);
      if (!isTimed(message)) phases.at(-1)!.expected.push(message);
    }
  }
  return {
    phases,
    answerTo: (route) => answers.get(routeText(route)),
    question: (route) => questions.get(routeText(route)),
  };
}

/** Sent on a timer: keepalives, node statuses, the pod status batch. */
export function isTimed({ operation, resource }: Route): boolean {
  return (
    operation === 'keepalive' || (operation === 'update' && /\/(nodestatus\/|podstatus$)/.test(resource))
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
