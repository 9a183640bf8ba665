import { isLive, type Twin } from '../model/twin.js';
import { type TwinMessage, wholeTwin } from './twin-message.js';

export interface Delta {
  readonly twins: readonly (readonly [key: string, twin: TwinMessage])[];
  readonly values: readonly (readonly [key: string, wish: string])[];
}

/**
 * What the device should still do, over all its twins: wishes that differ
 * from what was measured; `undefined` when there are none (devicetwin.md §7.4, step 4).
 */
export function deltaOf(twins: ReadonlyMap<string, Twin>): Delta | undefined {
  const values: [string, string][] = [];
  for (const [key, twin] of twins) {
    const wish = wishOf(twin);
    if (wish !== undefined && wish !== twin.actual?.value) values.push([key, wish]);
  }
  if (values.length === 0) return undefined;
  const wished: [string, TwinMessage][] = [];
  for (const [key, twin] of twins) if (wishOf(twin) !== undefined) wished.push([key, wholeTwin(twin)]);
  return { twins: wished, values };
}

function wishOf(twin: Twin): string | undefined {
  return isLive(twin) && twin.expected && twin.expected.value !== '' ? twin.expected.value : undefined;
}
