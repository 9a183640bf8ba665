import { MqttMapper } from './mqtt-mapper.js';
import type { Mapper, MapperOptions, Properties } from './types.js';

/**
 * A mapper: the program that speaks to one device on one side and, over MQTT,
 * to its twin on the other (devicetwin.md §4).
 *
 * ```ts
 * const mapper = createMapper({
 *   broker: 'mqtt://127.0.0.1:1883',
 *   deviceId: 'default/thermostat',
 *   properties: { temperature: { type: 'float' }, setpoint: { type: 'int' } },
 *   read: async () => ({ temperature: await sensor.measure(), setpoint: heater.setpoint }),
 *   write: async ({ setpoint }) => { if (setpoint !== undefined) await heater.set(setpoint); },
 * });
 * await mapper.start();
 * ```
 *
 * Nothing is connected before {@link Mapper.start}.
 * @throws {MapperOptionsError} for an id, a name or a type the agent would not take.
 */
export function createMapper<const P extends Properties>(options: MapperOptions<P>): Mapper<P> {
  return new MqttMapper(options);
}
