import { RuntimeUnavailableError } from '../errors.js';
import type { RuntimeEvent } from '../runtime.js';
import type { EngineEvent } from './client/engine-types.js';
import type { DockerContext } from './docker-context.js';
import { isOfInstance, LABEL } from './labels.js';
import { lines } from './streams/lines.js';

const TYPES: Readonly<Record<string, RuntimeEvent['type']>> = {
  start: 'started',
  die: 'died',
  destroy: 'removed',
  // Podman's word for it.
  remove: 'removed',
  oom: 'oom',
  create: 'changed',
  pause: 'changed',
  unpause: 'changed',
};

/** The engine's events about our containers, until the signal aborts. @throws {RuntimeUnavailableError} */
export async function* dockerEvents(
  { client, facts, options: { instance } }: DockerContext,
  signal: AbortSignal,
): AsyncGenerator<RuntimeEvent> {
  if (signal.aborted) return;
  // The stream opens some requests later; what happens until then would be missed by who has listed meanwhile.
  const since = (Date.now() / 1000).toFixed(3);
  try {
    const filters = eventFilters(instance, await facts.isPodman());
    const body = await client.stream({
      path: '/events',
      query: { filters: JSON.stringify(filters), since },
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

/** Another agent's containers are left out by the engine: their events would only wake this process. */
function eventFilters(instance: string, podman: boolean): Record<string, readonly string[]> {
  const ofInstance = instance === '' ? [] : [`${LABEL.instance}=${instance}`];
  const type = ['container'];
  const event = Object.keys(TYPES);
  if (!podman) return { type, event, label: [LABEL.type, ...ofInstance] };
  // Of several labels one is enough for Podman, and each needs its value; it filters by its own word for `die`.
  const ofType = ['podsandbox', 'container'].map((value) => `${LABEL.type}=${value}`);
  return { type, event: [...event, 'died'], label: ofInstance.length > 0 ? ofInstance : ofType };
}

function runtimeEvent({ Action = '', Actor }: EngineEvent, instance: string): RuntimeEvent | undefined {
  const type = TYPES[Action];
  const containerId = Actor?.ID;
  const labels = Actor?.Attributes ?? {};
  if (!type || !containerId || !isOfInstance(labels, instance)) return undefined;
  return { type, containerId, podUid: labels[LABEL.podUid] ?? '' };
}
