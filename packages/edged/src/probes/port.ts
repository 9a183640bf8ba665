import type { Container } from '../kube-types.js';

/** A port by number or by the name of a container port. @throws Error for an unknown name. */
export function portNumber(port: number | string, { ports = [] }: Pick<Container, 'ports'>): number {
  const number = Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  const named = ports.find(({ name }) => name === port);
  if (named) return named.containerPort;
  throw new Error(`"${port}" is neither a port number nor the name of a port of the container`);
}
