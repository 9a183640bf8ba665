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
    // Which of the two is chance. It must not show: the text is part of the
    // node's Ready condition, and each change of that goes over the link.
    case 'EPIPE':
    case 'ECONNRESET':
      return 'the connection broke; it is tried again with the next request';
    default:
      return `the connection failed (${code || 'no code'}); it is tried again with the next request`;
  }
}
