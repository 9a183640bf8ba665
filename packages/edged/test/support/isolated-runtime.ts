import type { ContainerRuntime } from '@edgecore/container-runtime';

/**
 * A runtime that shows only pods whose namespace has a prefix. Tests of this
 * package run beside other users of the same engine; edged, by its job, removes
 * pods it does not know.
 */
export function isolatedRuntime<T extends ContainerRuntime>(runtime: T, namespacePrefix: string): T {
  const ours = <P extends { readonly pod: { readonly namespace: string } }>(all: P[]) =>
    all.filter(({ pod }) => pod.namespace.startsWith(namespacePrefix));
  return new Proxy(runtime, {
    get(target, key) {
      if (key === 'listSandboxes') return async (uid?: string) => ours(await target.listSandboxes(uid));
      if (key === 'listContainers') return async (uid?: string) => ours(await target.listContainers(uid));
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
