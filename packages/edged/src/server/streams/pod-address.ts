import type { ContainerRuntime } from '@edgecore/container-runtime';

/** Where a pod's ports are reached from this machine. @throws {Error} when the pod has no sandbox. */
export async function podAddress(runtime: ContainerRuntime, uid: string): Promise<string> {
  const sandboxes = (await runtime.listSandboxes(uid)).filter(({ state }) => state === 'ready');
  const newest = sandboxes.sort((a, b) => b.attempt - a.attempt)[0];
  if (!newest) throw new Error('the pod is not running');
  const { network, ips } = await runtime.sandboxStatus(newest.id);
  return network === 'host' ? '127.0.0.1' : (ips[0] ?? '127.0.0.1');
}

/** A port as its text, `undefined` when there is no such port. */
export function parsePort(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
}
