import type { Container, ContainerState, ContainerStatus } from '../../runtime.js';
import type { EngineContainer, EngineContainerListing, EngineImage } from '../client/engine-types.js';
import { familiarName } from '../images/familiar-name.js';
import { LABEL, type Labels, readContainerMeta, readPodIdentity } from '../labels.js';
import { parseDockerName } from '../names.js';
import { milliseconds } from '../timestamps.js';
import { mountsOfInspect } from './mounts.js';

/** A container as the engine lists it. */
export function containerOfListing(listing: EngineContainerListing): Container {
  const labels = listing.Labels ?? {};
  return {
    id: listing.Id,
    ...identity(labels, listing.Names ?? []),
    state: listedState(listing.State),
    createdAt: listing.Created * 1000,
    image: familiarName(listing.Image),
    imageId: listing.ImageID,
    meta: readContainerMeta(labels),
  };
}

/** A container as the engine inspects it (edged.md §9.1); `image` when the engine still has it. */
export function containerOfInspect(
  inspect: EngineContainer,
  image: EngineImage | undefined,
): ContainerStatus {
  const labels = inspect.Config.Labels ?? {};
  const { State: state } = inspect;
  const createdAt = milliseconds(inspect.Created);
  const finished = milliseconds(state.FinishedAt);
  const exitCode = state.ExitCode ?? 0;
  // The engine never got it running: there are an exit code and a text, but no times.
  const failedToStart = !state.Running && finished === 0 && exitCode !== 0;
  const specImage = familiarName(inspect.Config.Image ?? inspect.Image);
  return {
    id: inspect.Id,
    ...identity(labels, [inspect.Name]),
    state: failedToStart ? 'exited' : inspectedState(state),
    createdAt,
    image: specImage,
    imageId: inspect.Image,
    meta: readContainerMeta(labels),
    startedAt: failedToStart ? createdAt : milliseconds(state.StartedAt),
    // A container that was started again keeps the end of its last run.
    finishedAt: failedToStart ? createdAt : state.Running ? 0 : finished,
    exitCode,
    oomKilled: state.OOMKilled ?? false,
    error: state.Error ?? '',
    imageName: familiarName(image?.RepoTags?.[0] ?? specImage),
    imageRef: imageRef(inspect.Image, image),
    reference: `docker://${inspect.Id}`,
    mounts: mountsOfInspect(inspect.Mounts ?? []),
    logPath: labels[LABEL.logPath] ?? '',
  };
}

/** With a registry's digest it can be pulled again; without, only the engine's id is left. */
export function imageRef(id: string, image: EngineImage | undefined): string {
  const digest = image?.RepoDigests?.[0];
  return digest ? `docker-pullable://${familiarName(digest)}` : `docker://${id}`;
}

function identity(labels: Labels, names: readonly string[]) {
  const parsed = names.map(parseDockerName).find((name) => name !== undefined);
  return {
    sandboxId: labels[LABEL.sandboxId] ?? '',
    pod: readPodIdentity(labels),
    name: labels[LABEL.containerName] ?? parsed?.container ?? '',
  };
}

function listedState(state: string | undefined): ContainerState {
  switch (state) {
    case 'running':
    case 'paused':
      return 'running';
    case 'created':
    case 'exited':
      return state;
    case 'dead':
      return 'exited';
    // Podman's steps in between.
    case 'configured':
    case 'initialized':
      return 'created';
    case 'stopping':
      return 'running';
    case 'stopped':
      return 'exited';
    default:
      return 'unknown';
  }
}

function inspectedState(state: EngineContainer['State']): ContainerState {
  if (state.Running) return 'running';
  if (milliseconds(state.FinishedAt) > 0) return 'exited';
  return state.Status === undefined ? 'unknown' : listedState(state.Status);
}
