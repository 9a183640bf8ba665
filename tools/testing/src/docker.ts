import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';

const run = promisify(execFile);

/** Image with a static busybox in /bin, made by {@link ensureTestImages}; `PATH` is set, no command. */
export const BUSYBOX_IMAGE = 'edgecore-test/busybox:1';
/** Image whose entry point just sleeps: the sandbox image of tests. */
export const PAUSE_IMAGE = 'edgecore-test/pause:1';
/** Label tests put on what they create, for clean-up. Value: anything unique to the test file. */
export const TEST_LABEL = 'edgecore.test';

/** Does a Docker engine answer on this machine? With CI=true a missing one is an error. */
export async function dockerAvailable(): Promise<boolean> {
  const answer = await run('docker', ['version', '--format', '{{.Server.Version}}']).then(
    () => true,
    () => false,
  );
  if (!answer && process.env['CI'] === 'true') {
    throw new Error('no Docker engine answers, and CI=true does not allow skipping the tests that need it');
  }
  return answer;
}

/**
 * `describe` when Docker answers, a visibly skipped block when not. Use at the
 * top of a test file: `const describeDocker = await withDocker();`
 */
export async function withDocker(): Promise<(name: string, body: () => void) => void> {
  return (await dockerAvailable()) ? describe : describe.skip;
}

export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run('docker', args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}

/**
 * Builds the two test images from the host's static busybox, once per engine.
 *
 * @param host address of another engine than this machine's: `unix:///path`. Has a default, not a `?`: to jest a
 *   hook with a parameter is one that calls back.
 */
export async function ensureTestImages(host = ''): Promise<void> {
  const engine = (...args: string[]) => docker(...(host ? ['--host', host] : []), ...args);
  const present = await engine('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}');
  const names = new Set(present.split('\n'));
  if (names.has(BUSYBOX_IMAGE) && names.has(PAUSE_IMAGE)) return;
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync);
  if (!busybox) throw new Error('busybox is not installed; on Debian: apt-get install busybox-static');
  const dir = await mkdtemp(join(tmpdir(), 'edgecore-image-'));
  try {
    const root = join(dir, 'root');
    await run('sh', [
      '-ec',
      `mkdir -p "$1/bin" "$1/tmp" "$1/etc" && cp "$2" "$1/bin/busybox" && chmod 1777 "$1/tmp"
       for applet in $("$2" --list); do [ "$applet" = busybox ] || ln -sf busybox "$1/bin/$applet"; done
       echo 'root:x:0:0:root:/:/bin/sh' > "$1/etc/passwd"
       tar -C "$1" -cf "$3" .`,
      'sh',
      root,
      busybox,
      join(dir, 'image.tar'),
    ]);
    const env = ['--change', 'ENV PATH=/bin'];
    await engine('import', ...env, join(dir, 'image.tar'), BUSYBOX_IMAGE);
    const pause = [
      '--change',
      'ENTRYPOINT ["/bin/sh","-c","trap \'exit 0\' TERM INT; while :; do sleep 3600 & wait $!; done"]',
    ];
    await engine('import', ...env, ...pause, join(dir, 'image.tar'), PAUSE_IMAGE);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
