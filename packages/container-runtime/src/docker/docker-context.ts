import type { EngineClient } from './client/engine-client.js';
import type { EngineFacts } from './client/engine-facts.js';
import type { ResolvedDockerOptions } from './docker-options.js';
import type { OomScores } from './oom-score.js';

/** What the parts of the Docker runtime share. */
export interface DockerContext {
  readonly client: EngineClient;
  readonly facts: EngineFacts;
  readonly oomScores: OomScores;
  readonly options: ResolvedDockerOptions;
}
