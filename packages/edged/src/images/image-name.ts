import { ContainerHeldError } from '../errors.js';

/** The grammar of image references: `[host[:port]/]path[:tag][@digest]`. */
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const HOST = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*';
const REFERENCE = new RegExp(
  `^(?:(?:${HOST}|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?/)?${COMPONENT}(?:/${COMPONENT})*` +
    '(?::[\\w][\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$',
);

/** The tag, `''` without one. The colon of a registry port is not a tag. */
export function tagOf(image: string): string {
  const name = image.split('@')[0]!;
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(colon + 1) : '';
}

export function hasTagOrDigest(image: string): boolean {
  return image.includes('@') || tagOf(image) !== '';
}

/** An image id written out instead of a name. */
function isImageId(image: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(image);
}

/**
 * The reference to pull: `:latest` appended when there is neither tag nor
 * digest (edged.md §8).
 *
 * @throws {ContainerHeldError} with reason `InvalidImageName`.
 */
export function applyDefaultTag(image: string): string {
  if (isImageId(image)) return image;
  if (!REFERENCE.test(image)) {
    throw new ContainerHeldError(
      'InvalidImageName',
      `Failed to apply default image tag "${image}": couldn't parse image reference "${image}": invalid reference format`,
    );
  }
  return hasTagOrDigest(image) ? image : `${image}:latest`;
}

/** Registry host and path without tag and digest, Docker Hub written out: `docker.io/library/busybox`. */
export function repositoryOf(image: string): string {
  const withoutDigest = image.split('@')[0]!;
  const tag = tagOf(image);
  const name = tag === '' ? withoutDigest : withoutDigest.slice(0, -(tag.length + 1));
  const first = name.split('/')[0]!;
  const hasHost = name.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  if (hasHost) return name;
  return name.includes('/') ? `docker.io/${name}` : `docker.io/library/${name}`;
}
