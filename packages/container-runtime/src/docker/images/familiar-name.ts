const HUB = 'docker.io/';
const OFFICIAL = 'library/';

/** An image's name as people and Docker write it: Podman writes Docker Hub out (`docker.io/library/busybox:1`). */
export function familiarName(name: string): string {
  if (!name.startsWith(HUB)) return name;
  const path = name.slice(HUB.length);
  return path.startsWith(OFFICIAL) ? path.slice(OFFICIAL.length) : path;
}
