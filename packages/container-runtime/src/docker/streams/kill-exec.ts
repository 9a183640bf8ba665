import { readdir, readFile } from 'node:fs/promises';

/**
 * Kills a process the engine runs in a container, and its children. Docker has
 * no request for that, so it goes by process id, and only when this machine's
 * process of that id really belongs to the container: the engine may be on
 * another machine, or the id taken again.
 *
 * @returns whether it was killed.
 */
export async function killInContainer(pid: number, containerId: string): Promise<boolean> {
  if (pid <= 1 || !(await belongsTo(pid, containerId))) return false;
  const tree = [...(await descendants(pid)), pid];
  for (const member of tree) {
    if (!(await belongsTo(member, containerId))) continue;
    try {
      process.kill(member, 'SIGKILL');
    } catch {
      // Ended by itself meanwhile, or not ours to kill (agent without root).
      if (member === pid) return !(await belongsTo(pid, containerId));
    }
  }
  return true;
}

async function belongsTo(pid: number, containerId: string): Promise<boolean> {
  return readFile(`/proc/${pid}/cgroup`, 'utf8').then(
    (text) => text.includes(containerId),
    () => false,
  );
}

async function descendants(root: number): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => []);
  const children = new Map<number, number[]>();
  for (const pid of entries.filter((name) => /^\d+$/.test(name)).map(Number)) {
    const parent = await parentOf(pid);
    if (parent === undefined) continue;
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  for (
    let next = children.get(root) ?? [];
    next.length > 0;
    next = next.flatMap((pid) => children.get(pid) ?? [])
  ) {
    found.push(...next);
  }
  return found;
}

async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The command's name, in parentheses, may contain anything, blanks included.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[1] === undefined ? undefined : Number(fields[1]);
}
