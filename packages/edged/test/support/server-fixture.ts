import { request } from 'node:http';
import { join } from 'node:path';
import { createProcessRuntime, type ProcessRuntime } from '@edgecore/container-runtime';
import type { EdgedHttpOptions } from '@edgecore/edged';
import { eventually, tempDir } from '@edgecore/testing';
import { Harness, type PodObject, podObject } from './harness.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Edged with its HTTP server on pods that are plain processes. */
export class ServerFixture {
  private constructor(
    readonly directory: string,
    readonly runtime: ProcessRuntime,
    readonly edged: Harness,
    readonly port: number,
  ) {}

  static async start(
    http: EdgedHttpOptions = {},
    logs: { logMaxBytes?: number; logMaxFiles?: number } = {},
    { directory, pods = [] }: { directory?: string; pods?: readonly PodObject[] } = {},
  ): Promise<ServerFixture> {
    const root = directory ?? (await tempDir('edged-http-'));
    const runtime = createProcessRuntime({ rootDir: join(root, 'runtime'), ...logs });
    const edged = new Harness({ runtime, directory: root, http: { port: 'any', ...http } });
    // At once: what nobody knows of is removed.
    for (const pod of pods) await edged.insert(pod);
    const port = await eventually(() => edged.edged.httpPort);
    return new ServerFixture(root, runtime, edged, port);
  }

  /** Runs a pod with one container `c` until it is Running, or as far as asked. */
  async run(
    script: string,
    {
      name = 'p',
      phase = 'Running',
      restartPolicy = 'Never',
      ...more
    }: { name?: string; phase?: string; restartPolicy?: string; tty?: boolean; stdin?: boolean } = {},
  ): Promise<PodObject> {
    const container = { name: 'c', command: ['sh', '-c', script], ...more };
    const pod = podObject({ containers: [container], restartPolicy }, { name });
    await this.edged.insert(pod);
    await this.edged.until(pod, (status) => status.phase === phase);
    return pod;
  }

  get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, path, headers, method };
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      });
      sent.on('error', reject).end();
    });
  }

  /** Another agent on the same pods, which go on meanwhile. */
  async restart(pods: readonly PodObject[], between: () => Promise<unknown>): Promise<ServerFixture> {
    await this.edged.stop();
    await this.runtime.close();
    await between();
    return ServerFixture.start({}, {}, { directory: this.directory, pods });
  }

  async close(): Promise<void> {
    await this.edged.stop();
    for (const { id } of await this.runtime.listSandboxes()) await this.runtime.removeSandbox(id);
    await this.runtime.close();
  }
}
