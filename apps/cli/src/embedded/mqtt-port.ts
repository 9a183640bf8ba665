import { createServer } from 'node:net';

/** What devices expect of an embedded broker of KubeEdge. */
const USUAL_PORT = 1884;

/** The usual port, or 0 (any free one) when another program has it. */
export async function freeMqttPort(): Promise<number> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(USUAL_PORT, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free ? USUAL_PORT : 0;
}
