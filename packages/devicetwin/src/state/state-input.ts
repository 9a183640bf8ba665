import { type BaseMessage, readMessage } from '../json/base-message.js';
import { textValue } from '../json/read.js';

/** States devices may report, in any case; stored as they came (devicetwin.md §7.3). */
const STATES: ReadonlySet<string> = new Set([
  'online',
  'offline',
  'unknown',
  'ok',
  'unhealthy',
  'disconnected',
]);
const ALIVE: ReadonlySet<string> = new Set(['online', 'ok']);

export interface StateUpdate extends BaseMessage {
  readonly state: string;
}

/** @throws {MalformedError} */
export function readStateUpdate(content: unknown): StateUpdate {
  const { eventId, rest } = readMessage(content);
  return { eventId, state: textValue(rest.get('state') ?? '', 'state') };
}

export function isState(state: string): boolean {
  return STATES.has(state.toLowerCase());
}

/** Does the state say that the device was heard of just now? */
export function isAlive(state: string): boolean {
  return ALIVE.has(state.toLowerCase());
}
