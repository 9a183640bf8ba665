// The embedded cloud's own process, forked by `edgecore start`. Arguments: one JSON object.
import { createLogger } from '@edgecore/edgecore';
import type { CloudProcessArguments } from './embedded/forked-cloud.js';
import { serveCloud } from './embedded/serve-cloud.js';

const { logLevel, ...options } = JSON.parse(process.argv[2] ?? '{}') as CloudProcessArguments;
const log = await createLogger({ level: logLevel });
const cloud = await serveCloud({
  ...options,
  log: log.child({ part: 'cloud' }),
  tell: (message) => process.send?.(message),
});
if (!cloud) process.exit(1);

// Ctrl-C reaches the whole group: the node stops first, then it lets this process go.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
const end = () => {
  void cloud.close().then(() => process.exit(0));
};
process.once('SIGTERM', end);
// The node is gone, however it ended.
process.once('disconnect', end);
