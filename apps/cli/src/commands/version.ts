import type { Command } from 'commander';
import { line } from '../io.js';
import type { CommandContext } from '../program.js';
import { programVersion } from '../version.js';

/** Releases of KubeEdge whose clouds this program speaks to. */
const CLOUDS = 'v1.4 (2020) and v1.23';

export function addVersionCommand(program: Command, { io }: CommandContext): void {
  program
    .command('version')
    .description('print the version')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: boolean }) => {
      const version = programVersion();
      if (json) {
        const facts = {
          version,
          clouds: CLOUDS,
          node: process.version,
          platform: process.platform,
          arch: process.arch,
        };
        line(io.stdout, JSON.stringify(facts));
      } else {
        line(io.stdout, `edgecore ${version} (for KubeEdge ${CLOUDS}; Node.js ${process.version})`);
      }
    });
}
