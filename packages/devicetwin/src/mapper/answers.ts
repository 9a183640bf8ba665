import { isRecord } from '@edgecore/api';

/** An answer or event of the agent; `code` is there when it did not take something. */
export interface Answer {
  readonly eventId: string;
  readonly code: number | undefined;
  readonly reason: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** `undefined` for what is no JSON object: anybody may publish on a topic. */
export function parseAnswer(payload: Buffer): Answer | undefined {
  let body: unknown;
  try {
    body = JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isRecord(body)) return undefined;
  const { event_id: eventId, code, reason } = body;
  return {
    eventId: typeof eventId === 'string' ? eventId : '',
    code: typeof code === 'number' && code !== 0 ? code : undefined,
    reason: typeof reason === 'string' ? reason : 'the agent gave no reason',
    body,
  };
}

/** The wanted values of a `twin/update/delta`. */
export function deltaOf({ body }: Answer): Record<string, string> {
  const entries = Object.entries(isRecord(body['delta']) ? body['delta'] : {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The wanted values of a `twin/get/result` that differ from the reported ones. */
export function unfulfilled({ body }: Answer): Record<string, string> {
  const wanted: Record<string, string> = {};
  for (const [name, twin] of Object.entries(isRecord(body['twin']) ? body['twin'] : {})) {
    const expected = sideValue(twin, 'expected');
    if (expected !== '' && expected !== sideValue(twin, 'actual')) wanted[name] = expected;
  }
  return wanted;
}

function sideValue(twin: unknown, side: 'expected' | 'actual'): string {
  const value = isRecord(twin) && isRecord(twin[side]) ? twin[side]['value'] : undefined;
  return typeof value === 'string' ? value : '';
}
