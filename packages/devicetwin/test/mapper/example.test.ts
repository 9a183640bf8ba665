import { eventually } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { aedesBroker, atEnd, FakeTwin } from './support.js';

test('the thermostat of the examples follows its setpoint', async () => {
  const { url } = await aedesBroker();
  const twin = await FakeTwin.start(url, 'default/thermostat');
  process.env['BROKER'] = url;
  const { mapper } = await import('../../examples/mapper.js');
  atEnd(() => mapper.stop());
  twin.want('setpoint', '24');
  await eventually(() => twin.twins['setpoint']?.actual === '24');
  expect(Number(twin.twins['temperature']?.actual)).toBeGreaterThan(18);
});
