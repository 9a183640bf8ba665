import { ContainerNotRunningError, RuntimeNotFoundError } from '../../errors.js';
import type { EngineClient } from '../client/engine-client.js';
import { EngineError } from '../client/engine-error.js';
import type { EngineContainer } from '../client/engine-types.js';
import { inspectContainer } from '../inspect.js';
import { LABEL } from '../labels.js';

/** People know a container by its name in the pod. */
export function notRunning({ Id, Config }: EngineContainer): ContainerNotRunningError {
  return new ContainerNotRunningError(Config.Labels?.[LABEL.containerName] ?? Id);
}

/** What a refused exec or attach means: the container is gone, or not running, or the engine has another reason. */
export async function explainNotRunning(client: EngineClient, id: string, error: unknown): Promise<unknown> {
  if (!(error instanceof EngineError)) return error;
  if (error.status === 404) return new RuntimeNotFoundError('container', id);
  const container = await inspectContainer(client, id);
  return container.State.Running ? error : notRunning(container);
}
