import { InvalidImageNameError } from './errors.js';

/** An image's name taken apart. */
export interface ImageReference {
  /** Registry, `docker.io` when none is named. */
  readonly registry: string;
  /** `library/busybox` for Docker Hub's `busybox`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
  /** As written, with `:latest` when neither tag nor digest was given. */
  readonly full: string;
}

const DEFAULT_REGISTRY = 'docker.io';
const MAX_NAME_LENGTH = 255;

const DOMAIN_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const REGISTRY = new RegExp(`^(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const PATH_PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const PATH = `${PATH_PART}(?:/${PATH_PART})*`;
const TAG = '[\\w][\\w.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const IN_REGISTRY = new RegExp(`^(${PATH})(?::(${TAG}))?(?:@(${DIGEST}))?$`);
const IMAGE_ID = /^[0-9a-f]{64}$/;

/**
 * Reads an image's name by the grammar registries agree on, and adds the
 * default tag (edged.md §8).
 *
 * @throws {InvalidImageNameError} with kubelet's text, for the waiting reason of that name.
 */
export function parseImageReference(image: string): ImageReference {
  const fail = (why: string) =>
    new InvalidImageNameError(
      `Failed to apply default image tag "${image}": couldn't parse image reference "${image}": ${why}`,
    );
  if (IMAGE_ID.test(image)) throw fail('invalid repository name, cannot specify 64-byte hexadecimal strings');
  const { registry, rest } = splitRegistry(image);
  const match = IN_REGISTRY.exec(rest);
  if (!match || (registry !== undefined && !REGISTRY.test(registry))) {
    const onlyCapitals = !match && IN_REGISTRY.test(rest.toLowerCase());
    throw fail(`invalid reference format${onlyCapitals ? ': repository name must be lowercase' : ''}`);
  }
  const [, path = '', tag, digest] = match;
  const repository = registry === undefined && !path.includes('/') ? `library/${path}` : path;
  if (`${registry ?? DEFAULT_REGISTRY}/${repository}`.length > MAX_NAME_LENGTH) {
    throw fail(`repository name must not be more than ${MAX_NAME_LENGTH} characters`);
  }
  return {
    registry: registry ?? DEFAULT_REGISTRY,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    full: tag === undefined && digest === undefined ? `${image}:latest` : image,
  };
}

/** The first part is a registry when it looks like a host: a dot, a port, capitals, or `localhost`. */
function splitRegistry(image: string): { registry: string | undefined; rest: string } {
  const slash = image.indexOf('/');
  const first = image.slice(0, Math.max(slash, 0));
  const isHost = slash > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  return isHost ? { registry: first, rest: image.slice(slash + 1) } : { registry: undefined, rest: image };
}
