// Loaded into the agent's process: measures the event loop's delay while it is asked to.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
let histogram;

process.on('message', (message) => {
  if (message === 'loop-delay start') {
    histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
  } else if (message === 'loop-delay stop') {
    histogram.disable();
    // The timer's own period is part of what it measures.
    const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    process.send({ p99: ms(histogram.percentile(99)), max: ms(histogram.max) });
  }
});
process.channel.unref();
