import { errorText, Group, ModuleName } from '@edgecore/api';
import type { Module, ModuleContext, ModuleHealth } from '@edgecore/beehive';
import { MeshUnavailableError } from './errors.js';
import { Mesh } from './mesh.js';
import { missingCapability } from './net/capabilities.js';
import { chooseListenAddress, type ListenAddress } from './net/listen-address.js';
import { type EdgeMeshOptions, type ResolvedOptions, resolveOptions } from './options.js';

/** Figures of the mesh, for `edgecore status`. */
export interface EdgeMeshStats {
  /** Address of listeners and DNS. */
  readonly address: string;
  /** `undefined` while the DNS does not answer. */
  readonly dnsPort: number | undefined;
  readonly services: number;
  readonly virtualAddresses: number;
  readonly listeners: number;
}

/** The port resolvers ask on; there is no way to tell a pod another one. */
const DNS_PORT = 53;

/**
 * Names and addresses of services for the pods of this node, with or without
 * a cloud: a virtual address for each service, a DNS server, and a proxy to
 * the endpoints (edgemesh.md).
 *
 * On a machine that does not let it (no root, no iptables) it is `degraded`
 * with the reason, and everything else goes on.
 */
export class EdgeMesh implements Module {
  readonly name = ModuleName.edgemesh;
  readonly group = Group.mesh;
  readonly after = [ModuleName.metamanager];
  readonly #options: ResolvedOptions;
  readonly #listen: ListenAddress;
  readonly #missing: string | undefined;
  #mesh: Mesh | undefined;
  #failure: string | undefined;

  /** Looks at the machine, changes nothing. @throws {InvalidMeshOptionError} */
  constructor(options: EdgeMeshOptions) {
    this.#options = resolveOptions(options);
    const { listenAddress, listenInterface } = this.#options;
    this.#listen =
      listenAddress === undefined
        ? chooseListenAddress(listenInterface)
        : { address: listenAddress, make: undefined };
    this.#missing = missingCapability(this.#options);
  }

  /** Address for pods to ask; `undefined` when the mesh cannot work here or answers on another port. */
  get dnsServer(): string | undefined {
    return this.#missing === undefined && this.#options.dnsPort === DNS_PORT
      ? this.#listen.address
      : undefined;
  }

  health(): ModuleHealth {
    const reason = this.#missing ?? this.#failure ?? this.#mesh?.failure;
    if (reason !== undefined) return { state: 'degraded', reason };
    return this.#mesh ? { state: 'ready' } : { state: 'starting', reason: 'not running yet' };
  }

  stats(): EdgeMeshStats {
    const nothing = { services: 0, virtualAddresses: 0, listeners: 0 };
    return {
      address: this.#listen.address,
      dnsPort: this.#mesh?.dnsPort,
      ...(this.#mesh?.figures() ?? nothing),
    };
  }

  /** Something happened to pods of this node: `localPods` is asked soon, once for all that happens together. */
  podsChanged(): void {
    this.#mesh?.podsChanged();
  }

  /** Resolves when every change so far has its listener, its rule and its rows; for tests. */
  async settled(): Promise<void> {
    await this.#mesh?.settled();
  }

  async run(ctx: ModuleContext): Promise<void> {
    for (const warning of this.#options.warnings) ctx.log.warn({}, warning);
    if (this.#missing !== undefined) {
      ctx.log.error({ reason: this.#missing }, 'the mesh is off: services have no names and addresses here');
      await takeNothing(ctx);
      return;
    }
    const mesh = new Mesh(this.#options, ctx, this.#listen);
    try {
      await mesh.start();
      this.#mesh = mesh;
      this.#failure = undefined;
      for await (const message of ctx.receive()) mesh.handle(message);
    } catch (error) {
      if (ctx.signal.aborted) return;
      this.#failure = errorText(error);
      throw new MeshUnavailableError('the mesh did not start or broke off', { cause: error });
    } finally {
      this.#mesh = undefined;
      await mesh.stop();
    }
  }
}

/** Messages for a mesh that is off must not fill its inbox. */
async function takeNothing(ctx: ModuleContext): Promise<void> {
  for await (const message of ctx.receive()) void message;
}
