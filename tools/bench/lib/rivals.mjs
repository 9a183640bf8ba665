import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { sleep } from './numbers.mjs';

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** A program that runs until it is ended. */
export class Program {
  #child;

  constructor(command, args, options = {}) {
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  }

  get pid() {
    return this.#child.pid;
  }

  async firstLine() {
    const [data] = await once(this.#child.stdout, 'data');
    return data.toString();
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exit;
  }
}

/** Two nginx, one worker each: the endpoints behind both proxies. */
export async function startEndpoints(dir) {
  const ports = [await freePort(), await freePort()];
  await writeFile(join(dir, 'small'), 'x'.repeat(100));
  await writeFile(join(dir, 'large'), Buffer.alloc(32 << 20));
  const programs = [];
  for (const port of ports) {
    const config = join(dir, `nginx-${port}.conf`);
    await writeFile(
      config,
      `daemon off; master_process off; worker_processes 1; pid ${dir}/nginx-${port}.pid; error_log /dev/null;
events { worker_connections 4096; }
http { access_log off; sendfile on; keepalive_requests 1000000000; client_body_temp_path ${dir}/body-${port};
proxy_temp_path ${dir}/p-${port}; fastcgi_temp_path ${dir}/f-${port}; uwsgi_temp_path ${dir}/u-${port}; scgi_temp_path ${dir}/s-${port};
server { listen 127.0.0.1:${port}; root ${dir}; } }`,
    );
    programs.push(new Program('nginx', ['-c', config, '-e', '/dev/null']));
  }
  await sleep(500);
  return { ports, stop: () => Promise.all(programs.map((program) => program.stop())) };
}

/** HAProxy with one thread, once passing bytes and once HTTP. */
export async function startHaproxy(dir, endpoints) {
  const [tcp, http] = [await freePort(), await freePort()];
  const servers = endpoints.map((port, index) => `  server s${index} 127.0.0.1:${port}`).join('\n');
  const section = (mode, port) =>
    `listen ${mode}\n  mode ${mode}\n  bind 127.0.0.1:${port}\n  balance roundrobin\n${servers}\n`;
  const config = join(dir, 'haproxy.cfg');
  await writeFile(
    config,
    `global\n  nbthread 1\n  maxconn 4000\ndefaults\n  timeout connect 3s\n  timeout client 60s\n  timeout server 60s\n${section('tcp', tcp)}${section('http', http)}`,
  );
  const program = new Program('haproxy', ['-db', '-f', config]);
  await sleep(500);
  return { tcp, http, pid: program.pid, stop: () => program.stop() };
}

/** dnsmasq that knows one name. */
export async function startDnsmasq(name, address) {
  const port = await freePort();
  const program = new Program('dnsmasq', [
    ...['--keep-in-foreground', `--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces'],
    ...['--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--user=root', '--pid-file'],
    `--address=/${name}/${address}`,
  ]);
  await sleep(500);
  return { port, pid: program.pid, stop: () => program.stop() };
}
