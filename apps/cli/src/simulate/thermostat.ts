import { createMapper, type Mapper } from '@edgecore/devicetwin';

const PROPERTIES = { temperature: { type: 'float' }, setpoint: { type: 'int' } } as const;

export interface ThermostatOptions {
  readonly broker: string;
  readonly deviceId: string;
  readonly intervalMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of everything the thermostat is asked to do. */
  onSetpoint(degrees: number): void;
}

/** A thermostat in a room that follows it slowly: a device without the device. */
export function thermostat({ onSetpoint, signal, ...options }: ThermostatOptions): Mapper<typeof PROPERTIES> {
  let temperature = 17;
  let setpoint = 20;
  return createMapper({
    ...options,
    ...(signal ? { signal } : {}),
    properties: PROPERTIES,
    read() {
      temperature += (setpoint - temperature) / 5 + (Math.random() - 0.5) / 5;
      return { temperature: Math.round(temperature * 10) / 10, setpoint };
    },
    write(wanted) {
      if (wanted.setpoint === undefined || wanted.setpoint === setpoint) return;
      setpoint = wanted.setpoint;
      onSetpoint(setpoint);
    },
    // The device may not be there yet, or not any more: it is tried again.
    onError: () => {},
  });
}
