import { CliError } from '../errors.js';

/** A port here, 0 for any free one, and one of the pod. */
export interface PortPair {
  readonly local: number;
  readonly remote: number;
}

/** Reads `8080:80`, `80` (the same on both sides) or `:80` (any free one here). @throws {CliError} */
export function parsePortPair(text: string): PortPair {
  const match = /^(?:(\d*):)?(\d+)$/.exec(text);
  const remote = Number(match?.[2]);
  const local = match?.[1] === undefined ? remote : Number(match[1]);
  if (match && remote >= 1 && remote <= 65_535 && local <= 65_535) return { local, remote };
  throw new CliError(
    `"${text}" is no pair of ports: give LOCAL:REMOTE, REMOTE, or :REMOTE for any free one here`,
  );
}

/** Reads `--address`, a list with commas; `localhost` is both loopback addresses. */
export function parseAddresses(text: string): readonly string[] {
  const addresses = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  if (addresses.length === 0) throw new CliError('--address is empty: give one such as 127.0.0.1');
  return [...new Set(addresses.flatMap((one) => (one === 'localhost' ? ['127.0.0.1', '::1'] : [one])))];
}
