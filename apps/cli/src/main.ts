import { run } from './run.js';

// A reader such as `head` may go away; that is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// Not process.exit: what was written to a pipe must get there first.
process.exitCode = await run(process.argv.slice(2));
