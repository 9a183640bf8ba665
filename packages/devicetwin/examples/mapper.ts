import { createMapper } from '@edgecore/devicetwin';

/** A thermostat in a room that follows it slowly. Ctrl-C ends it. */
let temperature = 18;
let setpoint = 20;

export const mapper = createMapper({
  broker: process.env['BROKER'] ?? 'mqtt://127.0.0.1:1883',
  deviceId: process.env['DEVICE'] ?? 'default/thermostat',
  properties: { temperature: { type: 'float' }, setpoint: { type: 'int' } },
  read: () => {
    temperature += (setpoint - temperature) / 4;
    return { temperature, setpoint };
  },
  write: (wanted) => {
    setpoint = wanted.setpoint ?? setpoint;
  },
});
process.once('SIGINT', () => mapper.stop());
await mapper.start();
