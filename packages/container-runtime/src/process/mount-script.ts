import type { MirrorEntry, MountPlan, VolumeBind } from './mount-plan.js';
import { fstabEscape, shellJoin, shellQuote } from './shell-quote.js';

/**
 * The plan as a piece of shell script to run inside the new mount namespace.
 * It calls `fail <text>` (defined by the start script) when a step fails.
 *
 * @param root an empty directory of the host: mount point of the new root.
 */
export function mountScript(plan: MountPlan, root: string, asRoot: boolean): string {
  const base = plan.newRoot ? root : '';
  const lines = plan.newRoot ? rootLines(plan.mirror, root, asRoot) : [];
  for (const bind of plan.binds) lines.push(...bindLines(bind, base));
  // Last, since a mount point inside a read-only volume may have had to be made.
  const readOnly = plan.binds.filter((bind) => bind.readOnly);
  if (readOnly.length > 0) lines.push(REMOUNT);
  for (const bind of readOnly) {
    const target = base + bind.target;
    lines.push(`read_only ${shellQuote(target)} ${shellQuote(fstabEscape(target))}`);
  }
  return lines.join('\n');
}

function rootLines(mirror: readonly MirrorEntry[], root: string, asRoot: boolean): string[] {
  const at = (path: string) => shellQuote(root + path);
  const lines = [
    `mount -t tmpfs -o size=64m,mode=755 tmpfs ${shellQuote(root)} || fail 'cannot mount a tmpfs for the new root'`,
    // Else the bind mount of the directory that holds it would hold it again.
    `mount --make-unbindable ${shellQuote(root)} || fail 'cannot set up the new root'`,
  ];
  const directories: string[] = [];
  const table: string[] = [];
  for (const entry of mirror) {
    if (entry.kind === 'symlink') {
      lines.push(`ln -s -- ${shellQuote(entry.target)} ${at(entry.path)}`);
    } else if (entry.kind === 'directory') {
      lines.push(`mkdir -p ${at(entry.path)} && chmod ${entry.mode.toString(8)} ${at(entry.path)}`);
      if (asRoot) lines.push(`chown ${entry.uid}:${entry.gid} ${at(entry.path)}`);
    } else {
      const isDirectory = entry.kind === 'bindDirectory';
      if (isDirectory) directories.push(root + entry.path);
      else lines.push(`: >${at(entry.path)}`);
      const line = [
        fstabEscape(entry.path),
        fstabEscape(root + entry.path),
        'none',
        isDirectory ? 'rbind' : 'bind',
      ];
      table.push(`${line.join(' ')} 0 0`);
    }
  }
  if (directories.length > 0) lines.push(`mkdir ${shellJoin(directories)}`);
  const file = shellQuote(`${root}/.mounts`);
  lines.push(
    `printf '%s\\n' ${table.map(shellQuote).join(' ')} >${file}`,
    // Entries may vanish while they are being mounted (32: not one could be mounted).
    `mount -a -T ${file} 2>/dev/null; [ $? -ne 32 ] || fail 'cannot bind the host directories into the new root'`,
    `rm -f ${file}`,
  );
  return lines;
}

function bindLines({ source, target, type, create }: VolumeBind, base: string): string[] {
  const to = shellQuote(base + target);
  const lines: string[] = [];
  if (create && type === 'directory') lines.push(`mkdir -p ${to} 2>/dev/null || :`);
  if (create && type === 'file') {
    const parent = shellQuote((base + target).replace(/\/[^/]*$/, '') || '/');
    lines.push(`[ -e ${to} ] || { mkdir -p ${parent} && : >${to}; } 2>/dev/null || :`);
  }
  const what = shellQuote(`cannot mount ${source} at ${target}: `);
  lines.push(`out=$(mount --rbind -- ${shellQuote(source)} ${to} 2>&1) || fail ${what}"$out"`);
  return lines;
}

/** Inside a user namespace the flags a mount already has (nosuid, nodev…) must be repeated. */
const REMOUNT = `read_only() {
  flags=
  while read -r _ _ _ _ point options _; do [ "$point" != "$2" ] || flags=$options; done </proc/self/mountinfo
  out=$(mount -o "remount,bind,ro\${flags#r?}" -- "$1" 2>&1) || fail "cannot make $1 read-only: $out"
}`;
