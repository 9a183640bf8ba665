import { join } from 'node:path';
import { type LogFn, type Logger, silentLogger } from '@edgecore/api';
import { openStore, type Store } from '@edgecore/store';
import { eventually, startMosquitto, tempDir } from '@edgecore/testing';
import type { Arrival, Broker, Settle } from '../../src/broker/broker.js';
import { EmbeddedBroker } from '../../src/broker/embedded/embedded-broker.js';
import { ExternalBroker } from '../../src/broker/external/external-broker.js';
import { type EventBusOptions, resolveOptions } from '../../src/options.js';
import { Routes } from '../../src/topics/routes.js';
import type { SetUp } from '../compliance/broker-compliance.js';
import { afterTest } from './rig.js';

export interface SetUpOptions extends Partial<EventBusOptions> {
  readonly filters?: readonly string[];
  /** False: do not wait until it can be used. Default true. */
  readonly ready?: boolean;
}

/** The embedded broker alone. */
export async function embedded(
  options: SetUpOptions = {},
): Promise<SetUp & { broker: EmbeddedBroker; store: Store }> {
  const { filters = [], ready = true, ...own } = options;
  const store = own.store ?? (await openStore({ path: join(await tempDir(), 'edgecore.db') }));
  if (!own.store) afterTest(() => store.close());
  const routes = new Routes();
  for (const filter of filters) routes.add(filter);
  const parts = collector();
  const resolved = resolveOptions({
    internalServer: 'tcp://127.0.0.1:0',
    retryMs: 200,
    ...required(store),
    ...own,
    mode: 'internal',
  });
  const broker = new EmbeddedBroker({
    ...resolved,
    ...parts.shared,
    // The owner decides by topic what concerns it, as the intake does.
    take: (arrival, settle) => (routes.of(arrival.topic) ? parts.take(arrival, settle) : settle()),
  });
  broker.subscribe = (filter?: string) => routes.add(filter!);
  afterTest(() => broker.close());
  await broker.start();
  if (ready) await eventually(() => broker.endpoint);
  return { broker, store, url: broker.endpoint?.url ?? '', ...parts.seen };
}

/** An external broker, a real one. */
export async function external(options: SetUpOptions = {}): Promise<SetUp & { broker: Broker }> {
  const { filters = [], ready = true, ...own } = options;
  const parts = collector();
  let url = own.externalServer;
  if (url === undefined) {
    const server = await startMosquitto();
    afterTest(() => server.kill());
    url = server.url;
  }
  const store = undefined as unknown as Store;
  const resolved = resolveOptions({ retryMs: 200, ...required(store), ...own, externalServer: url });
  const broker = new ExternalBroker({ ...resolved, ...parts.shared, filters, take: parts.take });
  afterTest(() => broker.close());
  await broker.start();
  if (ready) await eventually(() => broker.problem === undefined, { what: 'the broker to be connected' });
  return { broker, url, ...parts.seen };
}

function required(store: Store) {
  return { store, nodeName: 'edge1', link: undefined as never };
}

function collector() {
  const arrivals: Arrival[] = [];
  const warnings: string[] = [];
  const metrics: Record<string, number> = {};
  let handle = (_arrival: Arrival, settle: Settle) => settle();
  const warn: LogFn = (first: object | string, second?: string) => {
    warnings.push(typeof first === 'string' ? first : `${second} ${JSON.stringify(first)}`);
  };
  const log: Logger = { ...silentLogger, warn, error: warn };
  return {
    shared: {
      log,
      metrics: {
        count(name: string, labels: Record<string, string> = {}, by = 1) {
          const key = [name, ...Object.values(labels)].join(' ');
          metrics[key] = (metrics[key] ?? 0) + by;
        },
        gauge(name: string, value: number) {
          metrics[name] = value;
        },
        observe() {},
      },
    },
    take(arrival: Arrival, settle: Settle) {
      arrivals.push(arrival);
      handle(arrival, settle);
    },
    seen: {
      ...{ arrivals, warnings, metrics },
      onArrival(take: (arrival: Arrival, settle: Settle) => void) {
        handle = take;
      },
    },
  };
}
