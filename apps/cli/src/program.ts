import { Command } from 'commander';
import { addCloudCommand } from './commands/cloud.js';
import { addConfigCommand } from './commands/config.js';
import { addDeviceCommand } from './commands/device.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addAttachCommand, addExecCommand } from './commands/exec.js';
import { addJoinCommand } from './commands/join.js';
import { addLogsCommand } from './commands/logs.js';
import { addPortForwardCommand } from './commands/port-forward.js';
import { addStartCommand } from './commands/start.js';
import { addStatusCommand } from './commands/status.js';
import { addTopCommand } from './commands/top.js';
import { addVersionCommand } from './commands/version.js';
import type { CliIo } from './io.js';

/** How a command reports its exit code without throwing. */
export type SetExitCode = (code: number) => void;

/** What each command is given. */
export interface CommandContext {
  readonly io: CliIo;
  readonly setExitCode: SetExitCode;
}

const EXAMPLES = `
Examples:
  edgecore start                                    a cloud and an edge node on this machine, nothing to set up
  edgecore join -e 203.0.113.5:10000 -i node-1 --token-file token
                                                    write the configuration that joins a KubeEdge cloud
  edgecore --config /etc/kubeedge/config/edgecore.yaml
                                                    run with KubeEdge's own configuration file
  edgecore config check                             what each key of the file does, and what is wrong with it
  edgecore doctor                                   is this machine ready?
  edgecore status                                   the running node: link, modules, pods
  edgecore device watch                             its devices and what they report, as it comes
  edgecore logs -f hello                            what a pod of this node prints
  edgecore exec -it hello -- sh                     a shell in it

Flags of KubeEdge's program are accepted without a command too:
  --config <file>, --minconfig, --defaultconfig, --version, -v <n>`;

/** The command line as a whole. Commands load what they need when they run, so that help is quick. */
export function createProgram(io: CliIo, setExitCode: SetExitCode): Command {
  const program = new Command('edgecore')
    .description("KubeEdge's edge node agent: runs the pods of a cluster on a machine far from it.")
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(add --help for the options)')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
    .exitOverride();
  const context = { io, setExitCode };
  addStartCommand(program, context);
  addJoinCommand(program, context);
  addConfigCommand(program, context);
  addStatusCommand(program, context);
  addDeviceCommand(program, context);
  addLogsCommand(program, context);
  addExecCommand(program, context);
  addAttachCommand(program, context);
  addPortForwardCommand(program, context);
  addTopCommand(program, context);
  addDoctorCommand(program, context);
  addCloudCommand(program, context);
  addVersionCommand(program, context);
  inheritSettings(program);
  return program;
}

/** Sub-commands made with `command()` inherit settings only at creation; nested ones are reached here. */
function inheritSettings(parent: Command): void {
  for (const child of parent.commands) {
    child.copyInheritedSettings(parent);
    inheritSettings(child);
  }
}
