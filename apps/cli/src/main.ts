import { run } from './run.js';

/** How long something that did not end may keep the process. */
const LINGER_MS = 1000;

// A reader such as `head` may go away; that is not an error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// Not process.exit: what was written to a pipe must get there first.
process.exitCode = await run(process.argv.slice(2));
// A module left behind at the end of its grace time may hold a socket for ever (beehive.md §7 R7).
setTimeout(() => process.exit(), LINGER_MS).unref();
