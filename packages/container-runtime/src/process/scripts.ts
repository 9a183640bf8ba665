import type { ContainerConfig } from '../runtime.js';
import { DEFAULT_PATH } from './host-tools.js';
import { MARKER, SUPERVISOR_MARKER } from './process-table.js';
import { shellJoin, shellQuote } from './shell-quote.js';

/**
 * The supervisor: a shell (under 1 MB) that starts the container, waits for it,
 * kills what is left of its process group and records the exit code durably.
 * It outlives the agent. `shim.sh <run directory> <stdin> <command…>`.
 */
export const SHIM = `#!/bin/sh
run=$1
stdin=$2
shift 2
trap : HUP INT TERM
cd /
"$@" <>"$stdin" >>"$run/stdout" 2>>"$run/stderr"
code=$?
if read -r pid _ <"$run/process"; then kill -9 "-$pid"; fi 2>/dev/null
printf '%s\\n' "$code" >"$run/exit.tmp"
sync "$run/exit.tmp" 2>/dev/null || :
mv -f "$run/exit.tmp" "$run/exit"
`;

/** Reads the container's environment from descriptor 3, so that no other user can see it, and becomes the command. */
const ENTER = `eval "$(cat <&3)"; exec 3<&-`;
const ENTER_STARTED = `_edgecore_fail() { printf 'error %s\\n' "$1" >&4; exit 127; }
${ENTER}; printf 'started\\n' >&4; exec 4>&-; exec "$@"`;
const ENTER_EXEC = `_edgecore_fail() { printf '%s\\n' "$1" >&2; exit 127; }
${ENTER}; exec "$@"`;

export interface StartScript {
  readonly runDir: string;
  readonly environmentFile: string;
  /** Shell text that mounts the volumes; `''` when there are none. */
  readonly mounts: string;
  /** Words before the command: chroot, setpriv. */
  readonly prefix: readonly string[];
  readonly command: readonly string[];
  readonly oomScoreAdj: number;
  /** util-linux's `script`, when the command gets a terminal. */
  readonly terminal?: string;
}

/** What the supervisor runs as leader of the container's session and process group. */
export function startScript({
  runDir,
  environmentFile,
  mounts,
  prefix,
  command,
  oomScoreAdj,
  terminal,
}: StartScript): string {
  const enter = shellJoin([...prefix, '/bin/sh', '-c', ENTER_STARTED, 'sh', ...command]);
  const text = `exec ${enter} 3<${shellQuote(environmentFile)}`;
  return `run=${shellQuote(runDir)}
read -r stat </proc/$$/stat
read -r boot </proc/sys/kernel/random/boot_id
printf '%s\\n%s\\n' "$stat" "$boot" >"$run/process"
unset ${SUPERVISOR_MARKER}
umask 022
exec 4>"$run/launch"
fail() { printf 'error %s\\n' "$1" | tr '\\n' ' ' >&4; printf '\\n' >&4; exit 125; }
{ echo ${oomScoreAdj} >/proc/$$/oom_score_adj; } 2>/dev/null
${mounts}
cd /
${terminal ? `exec ${shellQuote(terminal)} -qefc ${shellQuote(text)} /dev/null` : text}
`;
}

/** Shell text that runs a command the way the container's own was run. */
export function execScript(
  prefix: readonly string[],
  environmentFile: string,
  command: readonly string[],
): string {
  const words = shellJoin([...prefix, '/bin/sh', '-c', ENTER_EXEC, 'sh', ...command]);
  return `cd /; umask 022; exec ${words} 3<${shellQuote(environmentFile)}`;
}

/** Names a shell gives a meaning of its own, so that it must not be made to set them. */
const SHELL_NAMES =
  /^(_|IFS|OPTIND|OPTARG|PPID|UID|EUID|GROUPS|LINENO|RANDOM|SECONDS|PS[0-9]|ENV|SHELLOPTS|BASH.*|POSIXLY_CORRECT)$/;

/**
 * The environment as shell text: the container's variables, `PATH` and `HOME`
 * when it sets none, the marker its processes are found by; then the working
 * directory. Nothing of the agent's own environment.
 */
export function environmentScript(
  id: string,
  config: Pick<ContainerConfig, 'env' | 'workingDir' | 'tty'>,
  home: string,
  envTool: string,
): string {
  const all = new Map([
    ['PATH', DEFAULT_PATH],
    ['HOME', home],
  ]);
  if (config.tty) all.set('TERM', 'xterm');
  for (const { name, value } of config.env) all.set(name, value);
  all.set(MARKER, id);
  const plain: string[] = [];
  const special: string[] = [];
  for (const [name, value] of all) {
    const isPlain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !SHELL_NAMES.test(name);
    if (isPlain) plain.push(`export ${name}=${shellQuote(value)}`);
    else special.push(`${name}=${value}`);
  }
  const dir = config.workingDir || '/';
  return [
    ...plain,
    `cd -- ${shellQuote(dir)} 2>/dev/null || _edgecore_fail ${shellQuote(`the working directory ${dir} does not exist or may not be entered`)}`,
    `command -v "$1" >/dev/null || _edgecore_fail "executable not found in \\$PATH: $1"`,
    ...(special.length > 0 ? [`set -- ${shellJoin([envTool, ...special])} "$@"`] : []),
    '',
  ].join('\n');
}
