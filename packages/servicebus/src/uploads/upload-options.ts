import { positive } from '../calls/call-options.js';
import { checkPort } from '../calls/target.js';

/** How applications of the node reach the cloud. */
export interface UploadOptions {
  /** Address the server for applications listens on. Default `127.0.0.1`. */
  readonly server?: string;
  /** Default 9060. 0: any free one, for tests. */
  readonly port?: number;
  /** Longest wait for the cloud's answer. Default 60 000. */
  readonly timeoutMs?: number;
  /** Send the body as text: the cloud service gets the JSON instead of its base64. Default false, as upstream (servicebus.md §4). */
  readonly plainBody?: boolean;
  /** Refuse requests of web pages: with an `Origin`, or a `Host` that is not this machine. Default true. */
  readonly checkOrigin?: boolean;
  /** Applications that may wait at once; one more gets code 429. Default 256. */
  readonly maxUploads?: number;
  /** Their bodies, together. Default 64 MiB. */
  readonly maxUploadBytes?: number;
  /** Largest body; above it code 400. Default 5 000 000. */
  readonly maxBodyBytes?: number;
  /** How long requests may go on when the last rule is gone or the node stops. Default 5000. */
  readonly closeGraceMs?: number;
  /** Pause before an address that was taken is tried again. Default 5000. */
  readonly listenRetryMs?: number;
}

export type ResolvedUploadOptions = Required<UploadOptions>;

/** Fills in the defaults. @throws {InvalidOptionError} naming the option. */
export function resolveUploadOptions(options: UploadOptions): ResolvedUploadOptions {
  return {
    server: options.server || '127.0.0.1',
    port: options.port === 0 ? 0 : checkPort(options.port ?? 9060, 'port'),
    timeoutMs: positive('timeoutMs', options.timeoutMs, 60_000),
    plainBody: options.plainBody ?? false,
    checkOrigin: options.checkOrigin ?? true,
    maxUploads: positive('maxUploads', options.maxUploads, 256),
    maxUploadBytes: positive('maxUploadBytes', options.maxUploadBytes, 64 * 1024 * 1024),
    maxBodyBytes: positive('maxBodyBytes', options.maxBodyBytes, 5_000_000),
    closeGraceMs: positive('closeGraceMs', options.closeGraceMs, 5000),
    listenRetryMs: positive('listenRetryMs', options.listenRetryMs, 5000),
  };
}
