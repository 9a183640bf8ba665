import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Images with a shell, and images that sleep, made by the tests or by `edgecore start`. */
const SHELLS = ['edgecore-test/busybox:1', 'edgecore/shell:local'];
const PAUSES = ['edgecore-test/pause:1', 'edgecore/pause:local'];

export async function docker(...args) {
  const { stdout } = await execute('docker', args);
  return stdout.trim();
}

/** Local images for a pod, or why pods cannot run on Docker here. Nothing is pulled. */
export async function dockerImages() {
  let present;
  try {
    present = new Set((await docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}')).split('\n'));
  } catch {
    return { reason: 'no Docker engine answers' };
  }
  const image = SHELLS.find((name) => present.has(name));
  const pauseImage = PAUSES.find((name) => present.has(name));
  if (!image || !pauseImage) return { reason: 'the images are not there; `npm start` once makes them' };
  return { image, pauseImage };
}

/** The baseline of a pod's start: milliseconds of `docker run` until the container runs. */
export async function dockerRunMs(image) {
  const started = performance.now();
  const id = await docker(
    'run',
    '--detach',
    '--label',
    'edgecore.bench',
    image,
    '/bin/sh',
    '-c',
    'exec sleep 60',
  );
  const afterMs = performance.now() - started;
  await docker('rm', '--force', id);
  return afterMs;
}

/** Removes what an agent left on the engine: ended containers wait there for its garbage collection. */
export async function removeContainersOf(instance) {
  const ids = await docker('ps', '--all', '--quiet', '--filter', `label=io.edgecore.instance=${instance}`);
  if (ids !== '') await docker('rm', '--force', '--volumes', ...ids.split('\n'));
}
