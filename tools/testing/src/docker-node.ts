import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUSYBOX_IMAGE, docker, ensureTestImages } from './docker.js';
import { Namespace } from './namespace.js';
import { eventually, tempDir } from './temp.js';

const run = promisify(execFile);

/** A machine with a Docker engine as any, bridges and rules included, in a network namespace. */
export class DockerNode {
  private constructor(
    readonly namespace: Namespace,
    readonly directory: string,
    readonly socket: string,
  ) {}

  static async start(): Promise<DockerNode> {
    await ensureTestImages();
    const namespace = await Namespace.create();
    const directory = await tempDir('em-docker-');
    const node = new DockerNode(namespace, directory, join(directory, 'docker.sock'));
    try {
      await writeFile(join(directory, 'daemon.json'), '{}');
      const path = (name: string) => join(directory, name);
      const files = [
        '--data-root',
        path('data'),
        '--exec-root',
        path('exec'),
        '--pidfile',
        path('docker.pid'),
      ];
      const config = ['--config-file', path('daemon.json'), '--log-level', 'fatal'];
      namespace.spawn('dockerd', ['--host', `unix://${node.socket}`, ...config, ...files], 'ignore');
      await eventually(() => node.docker('version').then(() => true), { timeoutMs: 60_000, intervalMs: 100 });
      await docker('save', '--output', path('image.tar'), BUSYBOX_IMAGE);
      await node.docker('load', '--input', path('image.tar'));
      return node;
    } catch (error) {
      await node.close();
      throw error;
    }
  }

  docker(...args: string[]): Promise<string> {
    return docker('--host', `unix://${this.socket}`, ...args);
  }

  /** A container that goes on running; its address on the default bridge. */
  async serve(name: string, text: string, ...options: string[]): Promise<string> {
    const server = `mkdir -p /www && echo ${text} > /www/index.html && exec httpd -f -p 80 -h /www`;
    await this.docker('run', '--detach', '--name', name, ...options, BUSYBOX_IMAGE, 'sh', '-c', server);
    return this.docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', name);
  }

  /** What a command in a container of its own prints. */
  run(options: readonly string[], ...command: string[]): Promise<string> {
    return this.docker('run', '--rm', ...options, BUSYBOX_IMAGE, ...command);
  }

  async close(): Promise<void> {
    const ids = await this.docker('ps', '--all', '--quiet').catch(() => '');
    if (ids !== '') await this.docker('rm', '--force', ...ids.split('\n')).catch(() => {});
    await this.namespace.close('SIGTERM');
    // Of the host's network; the engine leaves it mounted.
    await run('umount', ['--lazy', join(this.directory, 'exec', 'netns', 'default')]).catch(() => {});
  }
}
