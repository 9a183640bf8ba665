import { connectionCases } from './acceptance/connection.js';
import type { RigStarter } from './acceptance/expected.js';
import { lifeCases } from './acceptance/life.js';
import { refusalCases } from './acceptance/refusals.js';
import { stateCases } from './acceptance/state.js';

/** Every case of devicetwin.md §12 that is about what devices and the cloud see, whatever carries the messages. */
export function acceptanceCases(startRig: RigStarter): void {
  lifeCases(startRig);
  refusalCases(startRig);
  stateCases(startRig);
  connectionCases(startRig);
}
