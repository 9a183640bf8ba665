import { mkdirSync, rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type grpc from '@grpc/grpc-js';
import { type Handler, serve } from './serve.js';

export interface FakeDriverOptions {
  /** For its socket. */
  readonly directory: string;
  readonly capabilities?: readonly string[];
  /** Instead of the working ones, by method. */
  readonly handlers?: Readonly<Record<string, Handler>>;
}

/** A driver in this process that mounts nothing: directories appear and vanish. */
export class FakeDriver {
  /** `method volume`, in order. */
  readonly calls: string[] = [];
  readonly requests: Record<string, unknown>[] = [];
  handlers: Record<string, Handler>;
  readonly socket: string;
  #server: grpc.Server | undefined;

  constructor(private readonly options: FakeDriverOptions) {
    this.socket = join(options.directory, 'csi.sock');
    this.handlers = { ...options.handlers };
  }

  async start(): Promise<this> {
    const capabilities = (this.options.capabilities ?? ['STAGE_UNSTAGE_VOLUME']).map((type) => ({
      rpc: { type },
    }));
    const working: Record<string, Record<string, Handler>> = {
      'csi.v1.Node': {
        NodeGetInfo: () => ({ nodeId: 'n-1' }),
        NodeGetCapabilities: () => ({ capabilities }),
        NodeStageVolume: () => ({}),
        NodeUnstageVolume: () => ({}),
        NodePublishVolume: (request) => {
          mkdirSync(String(request['targetPath']), { recursive: true });
          return {};
        },
        NodeUnpublishVolume: (request) => {
          rmdirSync(String(request['targetPath']));
          return {};
        },
      },
      'csi.v1.Controller': {
        CreateVolume: () => ({}),
        DeleteVolume: () => ({}),
        ControllerPublishVolume: () => ({}),
        ControllerUnpublishVolume: () => ({}),
      },
    };
    const all = Object.entries(working).map(([service, methods]) => [
      service,
      Object.fromEntries(
        Object.entries(methods).map(([method, handler]): [string, Handler] => [
          method,
          (request) => {
            this.calls.push(`${method} ${request['volumeId'] ?? ''}`.trimEnd());
            this.requests.push(request);
            return (this.handlers[method] ?? handler)(request);
          },
        ]),
      ),
    ]);
    this.#server = await serve(this.socket, Object.fromEntries(all));
    return this;
  }

  async stop(): Promise<void> {
    this.#server?.forceShutdown();
    await rm(this.socket, { force: true });
  }
}

/** A call fails with a code of gRPC. */
export function failing(code: number, message: string): Handler {
  return () => {
    throw Object.assign(new Error(message), { code });
  };
}

/** A registration socket, as a driver's registrar has it. */
export async function registrar(
  socket: string,
  info: Readonly<Record<string, unknown>> | Handler,
): Promise<{ readonly statuses: Record<string, unknown>[]; stop(): Promise<void> }> {
  const statuses: Record<string, unknown>[] = [];
  const server = await serve(socket, {
    'pluginregistration.Registration': {
      GetInfo: typeof info === 'function' ? info : () => info,
      NotifyRegistrationStatus: (status) => {
        statuses.push(status);
        return {};
      },
    },
  });
  return {
    statuses,
    async stop() {
      server.forceShutdown();
      await rm(socket, { force: true });
    },
  };
}
