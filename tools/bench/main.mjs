import { parseArgs } from 'node:util';
import { formatTable } from './lib/table.mjs';

const names = ['bus', 'store', 'link', 'servicebus', 'stream', 'mesh', 'running', 'idle', 'pods', 'devices'];

const HELP = `npm run bench -- [name…] [options]

Measures what is built (npm run build first); each figure beside a baseline of the same run.

  bus       messages from module to module, beside an EventEmitter
  store     durable writes, beside a loop over better-sqlite3
  link      messages over TLS WebSocket, confirmed, beside bare ws
  servicebus calls of the cloud to a local service, beside calling it directly
  stream    bytes through the log and exec tunnel, beside a bare WebSocket pipe
  mesh      services through the mesh, beside HAProxy and dnsmasq, per second of processor time
  running   manifest applied -> running and ready, beside docker run
  idle      memory and processor share of the agent, beside a bare node
  pods      110 pods on Docker, each probed every 10 s: memory, processor share, delays
  devices   reports of 1, 100 and 1,000 devices over MQTT, beside a bare broker; 10,000 devices at a start

  --seconds <n>   how long idle and pods watch (default 60)
  --settle <n>    idle and pods: pause before they watch (default 20)
  --pods <n>      running: pods one after the other (default 10)
  --rounds <n>    rounds of bus, store, link, servicebus, stream and mesh (default 5)
  --json          one JSON object per result instead of tables`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    settle: { type: 'string', default: '20' },
    pods: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const wanted = positionals.length > 0 ? positionals : names;
const unknown = wanted.filter((name) => !names.includes(name));
const settings = Object.fromEntries(
  ['seconds', 'settle', 'pods', 'rounds'].map((key) => [key, Number(values[key])]),
);
const wrong = Object.keys(settings).filter((key) => !(settings[key] >= (key === 'settle' ? 0 : 1)));

if (values.help || unknown.length > 0 || wrong.length > 0) {
  for (const name of unknown) console.error(`there is no benchmark "${name}"`);
  for (const key of wrong) console.error(`--${key} needs a number from 1 up`);
  console.log(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  for (const name of wanted) {
    const { run } = await import(`./benches/${name}.mjs`).catch((error) => {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
      console.error(`benchmarks measure what is built: npm run build first (${error.message})`);
      process.exit(2);
    });
    for await (const result of run(settings)) {
      console.log(
        values.json ? JSON.stringify({ name, ...result }) : `${formatTable(result.title, result.rows)}\n`,
      );
    }
  }
}
