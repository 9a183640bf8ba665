import { errorText, type Logger } from '@edgecore/api';
import { isTaken } from '@edgecore/viaduct';
import type { RuntimeWatch } from '../observe/runtime-watch.js';
import type { EdgedSettings } from '../options.js';
import { pause } from '../ports/clock.js';
import type { PodSource } from '../ports/status-sink.js';
import { podCgroup } from '../sandbox/sandbox-config.js';
import { EdgedServer } from './edged-server.js';
import type { EdgedHttpOptions, ServerSource } from './server-options.js';

/** Until an address that was taken is tried again. */
const RETRY_MS = 10_000;

/** Keeps the HTTP server of edged up. Pods run without it: trouble is told, and the address tried again. */
export class HttpService {
  #server: EdgedServer | undefined;
  #failure: string | undefined;

  constructor(
    private readonly source: ServerSource,
    private readonly options: EdgedHttpOptions,
  ) {}

  /** `undefined` when the settings ask for none. */
  static of(
    settings: EdgedSettings,
    pods: Pick<PodSource, 'pods'>,
    watch: Pick<RuntimeWatch, 'failure'>,
    log: Logger,
  ): HttpService | undefined {
    const { http, nodeName, runtime, clock, rootDirectory, podLogsDir } = settings;
    if (!http) return undefined;
    const hasCgroups = settings.cgroupsPerQos && runtime.capabilities.resources;
    const source: ServerSource = {
      nodeName,
      runtime,
      clock,
      log,
      rootDirectory,
      podLogsDir,
      cpuQuota: settings.cpuCfsQuota,
      cgroupOf: (pod) =>
        pod && hasCgroups ? podCgroup(pod, settings.cgroupRoot) : runtime.name === 'docker' ? '/docker' : '',
      pods: () => pods.pods(),
      problem: () => watch.failure,
    };
    return new HttpService(source, http);
  }

  get port(): number | undefined {
    return this.#server?.port;
  }

  /** Why it does not listen; `undefined` while it does. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Listens until the signal aborts; a port that is taken does not keep the socket from being served. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { socket, ...withoutSocket } = this.options;
    await Promise.all([
      this.#keep(withoutSocket, signal),
      ...(socket === undefined ? [] : [this.#keep({ ...this.options, port: 0 }, signal)]),
    ]);
  }

  async #keep(options: EdgedHttpOptions, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.source;
    let server: EdgedServer | undefined;
    let failure: string | undefined;
    while (!signal.aborted && !server) {
      try {
        server = await EdgedServer.listen(this.source, options);
      } catch (error) {
        const next = this.#explain(error, options);
        if (next !== failure) log.error({ error: errorText(error) }, next);
        failure = next;
        this.#failure = next;
        await pause(clock, RETRY_MS, signal).catch(() => undefined);
      }
    }
    if (this.#failure === failure) this.#failure = undefined;
    if (options.port !== 0) this.#server = server;
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
    await server?.close();
  }

  #explain(error: unknown, { address = '127.0.0.1', port = 10_350, socket }: EdgedHttpOptions): string {
    const place = socket ?? `${address}:${port}`;
    const why = isTaken(error)
      ? 'something else is using it, a kubelet or another agent perhaps: end that, or choose another port'
      : errorText(error);
    return `logs, exec and figures are not served: cannot listen on ${place}: ${why}`;
  }
}
