import { run } from './run.js';

// Not process.exit: what was written to a pipe must get there first.
process.exitCode = await run(process.argv.slice(2));
