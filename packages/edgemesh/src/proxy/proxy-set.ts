import { errorText, hasCode, type Logger, type Metrics } from '@edgecore/api';
import type { Backend } from '../model/backends.js';
import { portText } from '../model/names.js';
import type { Service, ServicePort } from '../model/service.js';
import type { Redirect } from '../net/rules.js';
import { Balancer, type Strategy } from './balancer.js';
import type { Dialer } from './dial.js';
import { type Health, monotonicMs } from './health.js';
import { HttpProxy } from './http-proxy.js';
import type { PortProxy, PortProxyOptions, ProxyLimits } from './port-proxy.js';
import { ReadBuffers } from './read-buffer.js';
import { TcpProxy } from './tcp-proxy.js';
import { UdpProxy } from './udp-proxy.js';

/** One port of one service that is to be served. */
export interface WantedPort {
  readonly vip: string;
  readonly service: Service;
  readonly port: ServicePort;
  readonly backends: readonly Backend[];
}

export interface ProxySetOptions {
  readonly strategy: Strategy;
  readonly health: Health;
  readonly dial: Dialer;
  readonly connectTimeoutMs: number;
  readonly limits: ProxyLimits;
  readonly random: () => number;
  /** Address of the listeners; `vip`: each on its own virtual address and port. */
  readonly listenOn: string | 'vip';
  /** First port tried. */
  readonly firstPort: number;
  readonly log: Logger;
  readonly metrics: Metrics;
}

interface Running {
  readonly proxy: PortProxy;
  readonly balancer: Balancer;
  readonly redirect: Redirect;
  /** What cannot be changed while it listens. */
  readonly nature: string;
}

/** Listeners opened at the same time. */
const AT_ONCE = 64;
const PORT_TRIES = 200;

/** The listeners of all service ports: brought in line with what is wanted. */
export class ProxySet {
  readonly #options: ProxySetOptions;
  readonly #running = new Map<string, Running>();
  readonly #buffers = new ReadBuffers();
  #nextPort: number;

  constructor(options: ProxySetOptions) {
    this.#options = options;
    this.#nextPort = options.firstPort;
  }

  get size(): number {
    return this.#running.size;
  }

  redirects(): Redirect[] {
    return [...this.#running.values()].map(({ redirect }) => redirect);
  }

  /** New endpoints of one service, at once. Ports without a listener get theirs with the next {@link update}. */
  setBackends({ vip, service, port, backends }: WantedPort): void {
    const running = this.#running.get(keyOf(vip, port));
    if (running?.nature === natureOf(service, port)) running.balancer.setBackends(backends);
  }

  /**
   * Opens what is missing. What is no longer wanted goes on listening until
   * the returned function is called: after its rule is gone (edgemesh.md §12.1).
   */
  async update(wanted: readonly WantedPort[]): Promise<() => void> {
    const byKey = new Map(wanted.map((one) => [keyOf(one.vip, one.port), one]));
    const surplus: Running[] = [];
    for (const [key, running] of this.#running) {
      const want = byKey.get(key);
      if (want && natureOf(want.service, want.port) === running.nature) {
        running.balancer.setBackends(want.backends);
        byKey.delete(key);
      } else {
        this.#running.delete(key);
        surplus.push(running);
      }
    }
    // On its own address a port must be free before its successor can have it.
    if (this.#options.listenOn === 'vip') for (const { proxy } of surplus.splice(0)) await proxy.close();
    const missing = [...byKey.values()];
    for (let start = 0; start < missing.length; start += AT_ONCE) {
      await Promise.all(missing.slice(start, start + AT_ONCE).map((one) => this.#open(one)));
    }
    return () => {
      for (const { proxy } of surplus) void proxy.close();
    };
  }

  /** Ends everything, open connections too. */
  destroy(): void {
    for (const { proxy } of this.#running.values()) proxy.destroy();
    this.#running.clear();
  }

  async #open({ vip, service, port, backends }: WantedPort): Promise<void> {
    const { strategy, health, random, log } = this.#options;
    const balancer = new Balancer({
      strategy,
      affinityMs: service.affinityMs,
      health,
      random,
      now: monotonicMs,
    });
    balancer.setBackends(backends);
    const options = {
      ...this.#options,
      service: service.key,
      servicePort: port.port,
      balancer,
      buffers: this.#buffers,
      setCookie: strategy === 'SessionStickiness',
    };
    try {
      const { proxy, address, listenPort } = await this.#listen(
        () => makeProxy(port, options),
        vip,
        port.port,
      );
      const redirect: Redirect = {
        vip,
        port: port.port,
        protocol: port.protocol,
        toAddress: address,
        toPort: listenPort,
      };
      this.#running.set(keyOf(vip, port), { proxy, balancer, redirect, nature: natureOf(service, port) });
    } catch (error) {
      log.error(
        { service: portText(service.key, port.port), vip, error: errorText(error) },
        'no listener for this port of the service; it is tried again with the next change',
      );
    }
  }

  async #listen(make: () => PortProxy, vip: string, servicePort: number) {
    const { listenOn } = this.#options;
    if (listenOn === 'vip') {
      const proxy = make();
      return { proxy, address: vip, listenPort: await proxy.listen(vip, servicePort) };
    }
    for (let tries = 1; ; tries++) {
      const proxy = make();
      try {
        return { proxy, address: listenOn, listenPort: await proxy.listen(listenOn, this.#takePort(tries)) };
      } catch (error) {
        proxy.destroy();
        if (!hasCode(error, 'EADDRINUSE') || tries > PORT_TRIES) throw error;
      }
    }
  }

  /** The next port in order; whatever is free when too many in a row were not. */
  #takePort(tries: number): number {
    const { firstPort } = this.#options;
    if (firstPort === 0 || tries > PORT_TRIES) return 0;
    if (this.#nextPort > 65_535) this.#nextPort = firstPort;
    return this.#nextPort++;
  }
}

function makeProxy(
  { protocol, http }: ServicePort,
  options: PortProxyOptions & { setCookie: boolean },
): PortProxy {
  if (protocol === 'UDP') return new UdpProxy(options);
  return http ? new HttpProxy(options) : new TcpProxy(options);
}

function keyOf(vip: string, { protocol, port }: ServicePort): string {
  return `${vip} ${protocol} ${port}`;
}

function natureOf({ key, affinityMs }: Service, { http }: ServicePort): string {
  return `${key} ${affinityMs} ${http}`;
}
