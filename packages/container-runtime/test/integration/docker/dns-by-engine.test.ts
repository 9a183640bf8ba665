import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { tempDir, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDockerRuntime, type DockerRuntime } from '../../../src/index.js';
import { dockerPods } from './pods.js';

const describeDocker = await withDocker();

describeDocker('an agent that cannot reach the files of the engine', () => {
  const pods = dockerPods();
  let server: Server;
  let runtime: DockerRuntime;

  beforeAll(async () => {
    const socketPath = join(await tempDir(), 'docker.sock');
    server = engineElsewhere();
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    runtime = createDockerRuntime({ socketPath, instance: pods.instance, containerLogsDir: pods.directory });
  });
  afterAll(async () => {
    await runtime.close();
    await new Promise((resolve) => server.close(resolve));
  });

  test('lets the engine write resolv.conf', async () => {
    const dns = { servers: ['10.96.0.10'], searches: [], options: ['ndots:2'] };
    const { id: sandboxId } = await runtime.runSandbox(pods.sandboxConfig({ dns }));
    const { stdout } = await pods.runtime.exec(sandboxId, { command: ['cat', '/etc/resolv.conf'] });
    const lines = stdout
      .toString()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).toEqual(['nameserver 10.96.0.10', 'options ndots:2']);
  });

  test('cannot tell the size of the image file system, and says why', async () => {
    await expect(runtime.imageFilesystem()).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED_BY_RUNTIME',
      message: expect.stringContaining('/nowhere/docker is not visible to this process (ENOENT)'),
    });
  });
});

/** The real engine, except that its files are where this process has none: as with an engine on another machine. */
function engineElsewhere(): Server {
  return createServer((incoming, response) => {
    const { method, url, headers } = incoming;
    const outgoing = request(
      { socketPath: '/var/run/docker.sock', method, path: url, headers },
      async (answer) => {
        if (!url?.endsWith('/info')) {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
          return;
        }
        const info = JSON.parse(await readText(answer)) as object;
        response.end(JSON.stringify({ ...info, DockerRootDir: '/nowhere/docker' }));
      },
    );
    incoming.pipe(outgoing);
  });
}
