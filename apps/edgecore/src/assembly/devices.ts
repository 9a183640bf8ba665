import type { CloudLink } from '@edgecore/api';
import { DeviceTwin } from '@edgecore/devicetwin';
import { EventBus } from '@edgecore/eventbus';
import type { Store } from '@edgecore/store';
import type { EdgeCoreConfig } from '../config/index.js';
import type { DeviceSource } from '../observe/device-source.js';

/** MQTT, when it is on. @throws {InvalidEventBusOptionError} for TLS files that cannot be read. */
export function eventBus(
  { eventBus: config, node }: EdgeCoreConfig,
  store: Store,
  link: CloudLink,
): EventBus | undefined {
  if (!config.enabled) return undefined;
  const { enabled: _on, ...options } = config;
  return new EventBus({ ...options, store, link, nodeName: node.name });
}

/** The devices, when they are on. */
export function deviceTwin(
  { deviceTwin: config, node }: EdgeCoreConfig,
  store: Store,
  link: CloudLink,
): DeviceTwin | undefined {
  if (!config.enabled) return undefined;
  const { enabled: _on, ...options } = config;
  return new DeviceTwin({ ...options, store, link, nodeName: node.name });
}

/** Devices for the agent's own interface. */
export function deviceSource(twin: DeviceTwin): DeviceSource {
  return {
    devices: () => twin.devices(),
    counts: () => twin.counts(),
    onChange(listener) {
      const changed = (device: ReturnType<DeviceTwin['devices']>[number]) =>
        listener({ type: 'changed', device });
      const removed = (id: string) => listener({ type: 'removed', id });
      twin.events.on('changed', changed);
      twin.events.on('removed', removed);
      return () => {
        twin.events.off('changed', changed);
        twin.events.off('removed', removed);
      };
    },
  };
}
