import type { CloudLink } from '@edgecore/api';
import { ServiceBus } from '@edgecore/servicebus';
import type { Store } from '@edgecore/store';
import type { EdgeCoreConfig } from '../config/index.js';

/** ServiceBus out of the configuration. @throws {InvalidOptionError} for targets that make no sense. */
export function serviceBus(config: EdgeCoreConfig, store: Store, link: CloudLink): ServiceBus {
  const { enabled: _, denyPorts, ...options } = config.serviceBus;
  return new ServiceBus({ ...options, denyPorts: denyPorts ?? ownPorts(config), store, link });
}

/** What the agent itself listens on: calls of the cloud must not get behind its other doors (servicebus.md §5). */
export function ownPorts(config: EdgeCoreConfig): number[] {
  const { edged, metaManager, serviceBus: bus, eventBus, dbTest, status } = config;
  const { server, dummyServer } = metaManager.metaServer;
  const ports = [
    edged.http.port,
    portOf(server),
    portOf(dummyServer),
    bus.port,
    portOf(eventBus.internalServer),
    portOf(eventBus.externalServer),
    dbTest.port,
    status.port,
  ];
  return [...new Set(ports.filter((port) => port > 0 && port < 65_536))];
}

/** Of `host:port` or a URL; 0 when there is none. */
function portOf(address: string): number {
  return Number(/:(\d+)\/?$/.exec(address)?.[1] ?? 0);
}
