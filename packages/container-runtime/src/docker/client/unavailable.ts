import { RuntimeUnavailableError } from '../../errors.js';
import { describeAddress, type EngineAddress } from './engine-address.js';

/** Turns a failed connection into an error that says what to do about it. */
export function unavailable(address: EngineAddress, error: unknown): RuntimeUnavailableError {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  const where = describeAddress(address);
  return new RuntimeUnavailableError(
    `the container engine at ${where} does not answer: ${advice(code, where)}`,
    {
      cause: error,
    },
  );
}

function advice(code: string, where: string): string {
  switch (code) {
    case 'ENOENT':
      return `${where} does not exist; start Docker ("systemctl start docker") or set the address of its socket`;
    case 'ECONNREFUSED':
      return 'nobody listens there; start Docker ("systemctl start docker") or correct the address';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied; run as root or as a member of the group that owns the socket (usually "docker")';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host name cannot be resolved; correct the address or the DNS of this machine';
    case 'ETIMEDOUT':
      return 'it accepts connections but answers nothing in time; look at "journalctl -u docker" and the load of this machine';
    default:
      return `the connection broke (${code || 'no code'}); it is tried again with the next request`;
  }
}
