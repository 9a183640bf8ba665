export { CliError, ExitCode } from './errors.js';
export type { CliIo, TextSink } from './io.js';
export { run } from './run.js';
