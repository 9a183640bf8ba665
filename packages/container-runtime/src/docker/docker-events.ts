import { RuntimeUnavailableError } from '../errors.js';
import type { RuntimeEvent } from '../runtime.js';
import type { EngineClient } from './client/engine-client.js';
import type { EngineEvent } from './client/engine-types.js';
import { isOfInstance, LABEL } from './labels.js';
import { lines } from './streams/lines.js';

const TYPES: Readonly<Record<string, RuntimeEvent['type']>> = {
  start: 'started',
  die: 'died',
  destroy: 'removed',
  oom: 'oom',
  create: 'changed',
  pause: 'changed',
  unpause: 'changed',
};

/** The engine's events about our containers, until the signal aborts. @throws {RuntimeUnavailableError} */
export async function* dockerEvents(
  client: EngineClient,
  instance: string,
  signal: AbortSignal,
): AsyncGenerator<RuntimeEvent> {
  if (signal.aborted) return;
  // Another agent's containers are left out by the engine: their events would only wake this process.
  const label = instance === '' ? [LABEL.type] : [LABEL.type, `${LABEL.instance}=${instance}`];
  const filters = { type: ['container'], label, event: Object.keys(TYPES) };
  try {
    const body = await client.stream({
      path: '/events',
      query: { filters: JSON.stringify(filters) },
      signal,
    });
    for await (const line of lines(body)) {
      const event = runtimeEvent(JSON.parse(line) as EngineEvent, instance);
      if (event) yield event;
    }
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof RuntimeUnavailableError ? error : client.broken(error);
  }
  if (!signal.aborted) throw client.broken(new Error('the engine ended its event stream'));
}

function runtimeEvent({ Action = '', Actor }: EngineEvent, instance: string): RuntimeEvent | undefined {
  const type = TYPES[Action];
  const containerId = Actor?.ID;
  const labels = Actor?.Attributes ?? {};
  if (!type || !containerId || !isOfInstance(labels, instance)) return undefined;
  return { type, containerId, podUid: labels[LABEL.podUid] ?? '' };
}
