import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import { engineRequest } from '../docker/engine-request.js';
import { type TarEntry, tarOf } from '../docker/tar.js';

const run = promisify(execFile);

/** Keeps a pod's namespaces; made from this machine's shell, so that no registry is needed. */
export const PAUSE_IMAGE = 'edgecore/pause:local';
/** A shell and a few tools, for the example. */
export const EXAMPLE_IMAGE = 'edgecore/shell:local';
/** On both images: they are ours to replace. */
const LABEL = 'io.edgecore.embedded=true';

const TOOLS = ['sh', 'cat', 'sleep', 'ls', 'date', 'env', 'echo'];
const IMPORT_TIMEOUT_MS = 60_000;

/** Ends on TERM at once; the shell itself collects orphans. */
const PAUSE_ENTRYPOINT = JSON.stringify([
  '/bin/sh',
  '-c',
  'trap "exit 0" TERM INT; while :; do sleep 3600 & wait $!; done',
]);

/**
 * Gives a Docker engine the two images of the embedded set-up, unless it has
 * them. Built from busybox when the machine has a static one, else from its
 * shell and the libraries that needs.
 */
export async function ensureImages(endpoint: string): Promise<void> {
  const wanted = [
    { image: PAUSE_IMAGE, changes: [`ENTRYPOINT ${PAUSE_ENTRYPOINT}`] },
    { image: EXAMPLE_IMAGE, changes: ['CMD ["/bin/sh"]'] },
  ];
  const missing = [];
  for (const each of wanted) if (!(await hasImage(endpoint, each.image))) missing.push(each);
  if (missing.length === 0) return;
  const archive = tarOf(await rootFileSystem());
  for (const { image, changes } of missing) {
    // The tag as part of the name: Podman takes no notice of `tag`.
    const query = new URLSearchParams({ fromSrc: '-', repo: image });
    for (const change of ['ENV PATH=/bin', `LABEL ${LABEL}`, ...changes]) query.append('changes', change);
    const answer = await engineRequest(endpoint, {
      method: 'POST',
      path: `/images/create?${query}`,
      body: archive,
      timeoutMs: IMPORT_TIMEOUT_MS,
    });
    // A failed import is told in the stream, under status 200.
    const problem = /"error":"([^"]*)"/.exec(answer)?.[1];
    if (problem) throw new Error(`the engine could not import ${image}: ${problem}`);
  }
}

async function hasImage(endpoint: string, image: string): Promise<boolean> {
  const filters = JSON.stringify({ reference: [image] });
  const path = `/images/json?filters=${encodeURIComponent(filters)}`;
  return (JSON.parse(await engineRequest(endpoint, { path })) as unknown[]).length > 0;
}

/** The files of the images, sorted so that a directory comes before what is in it. */
export async function rootFileSystem(): Promise<TarEntry[]> {
  const files = (await busyboxFiles()) ?? (await systemFiles());
  const directories = new Set(['tmp', 'etc', 'bin']);
  for (const { path } of files) {
    for (let at = posix.dirname(path); at !== '.'; at = posix.dirname(at)) directories.add(at);
  }
  const entries: TarEntry[] = [
    ...[...directories].map(
      (path): TarEntry => ({ kind: 'directory', path, mode: path === 'tmp' ? 0o1777 : 0o755 }),
    ),
    ...files,
    { kind: 'file', path: 'etc/passwd', mode: 0o644, data: Buffer.from('root:x:0:0:root:/:/bin/sh\n') },
    { kind: 'file', path: 'etc/group', mode: 0o644, data: Buffer.from('root:x:0:\n') },
  ];
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function busyboxFiles(): Promise<TarEntry[] | undefined> {
  const path = await find('busybox');
  if (!path || (await libraries(path)).length > 0) return undefined;
  const { stdout } = await run(path, ['--list']);
  const applets = stdout.split('\n').filter((applet) => /^[\w[-]+$/.test(applet) && applet !== 'busybox');
  return [
    { kind: 'file', path: 'bin/busybox', mode: 0o755, data: await readFile(path) },
    ...applets.map((applet): TarEntry => ({ kind: 'link', path: `bin/${applet}`, target: 'busybox' })),
  ];
}

/** The machine's own tools and what they are linked with. */
async function systemFiles(): Promise<TarEntry[]> {
  const needed = new Map<string, string>();
  for (const tool of TOOLS) {
    const path = await find(tool);
    if (!path) continue;
    needed.set(`bin/${tool}`, path);
    // Libraries keep their paths: the loader looks for them there.
    for (const library of await libraries(path)) needed.set(library.slice(1), library);
  }
  if (!needed.has('bin/sh') || !needed.has('bin/sleep')) {
    throw new Error('this machine has no sh and sleep to build the example image from; install busybox');
  }
  return Promise.all(
    [...needed].map(
      async ([path, source]): Promise<TarEntry> => ({
        kind: 'file',
        path,
        mode: 0o755,
        data: await readFile(realpathSync(source)),
      }),
    ),
  );
}

async function find(tool: string): Promise<string | undefined> {
  for (const directory of ['/bin', '/usr/bin', '/usr/local/bin']) {
    try {
      return realpathSync(posix.join(directory, tool));
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

/** Shared libraries and the loader of a program; none for a static one. */
async function libraries(program: string): Promise<string[]> {
  // ldd fails for static programs.
  const { stdout } = await run('ldd', [program]).catch(() => ({ stdout: '' }));
  return [...stdout.matchAll(/(?:=>\s*)?(\/\S+)\s+\(0x/g)].map((match) => match[1]!);
}
