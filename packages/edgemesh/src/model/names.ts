/** Names one service: `<namespace>/<name>`. */
export type ServiceKey = string;

export function serviceKey(namespace: string, name: string): ServiceKey {
  return `${namespace}/${name}`;
}

/** Text for logs and errors: the service and its port. */
export function portText(key: ServiceKey, port: number): string {
  return `${key}:${port}`;
}
