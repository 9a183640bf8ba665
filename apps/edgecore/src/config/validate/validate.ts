import type { ProblemList } from '../problems.js';
import type { ConfigReader } from '../reader.js';
import { checkEdgeHub } from './edge-hub.js';
import { checkEdged } from './edged.js';
import {
  checkDatabase,
  checkDbTest,
  checkDeviceTwin,
  checkEdgeMesh,
  checkEdgeStream,
  checkEventBus,
  checkFeatureGates,
  checkFileVersion,
  checkMetaManager,
  checkServiceBus,
  checkStatus,
  noteTunnelServer,
} from './modules.js';
import { Checker } from './report.js';

export interface ValidateOptions {
  readonly allowUnsupported: boolean;
}

/** A module's checks run only when the module is on, as upstream (config.md §2, §4). */
const MODULES: readonly (readonly [
  name: string,
  check: (check: Checker, options: ValidateOptions) => void,
])[] = [
  ['edged', checkEdged],
  ['edgeHub', checkEdgeHub],
  ['eventBus', checkEventBus],
  ['metaManager', checkMetaManager],
  ['serviceBus', checkServiceBus],
  ['deviceTwin', checkDeviceTwin],
  ['edgeStream', checkEdgeStream],
  ['edgeMesh', checkEdgeMesh],
  ['dbTest', checkDbTest],
];

/** Checks the effective values; everything wrong is reported, not just the first (config.md §9 L7). */
export function validate(reader: ConfigReader, problems: ProblemList, options: ValidateOptions): void {
  const check = new Checker(reader, problems);
  checkDatabase(check);
  checkFeatureGates(check);
  checkFileVersion(check);
  checkStatus(check);
  noteTunnelServer(check);
  for (const [name, run] of MODULES) {
    const path = `modules.${name}`;
    if (reader.has(path) && reader.bool(`${path}.enable`)) run(check, options);
  }
  if (!reader.bool('modules.edgeHub.enable')) {
    check.warning('modules.edgeHub.enable', 'is false: this node never connects to the cloud');
  }
  if (reader.version === 'v1alpha2' && reader.has('modules.edgeMesh')) {
    const state = reader.bool('modules.edgeMesh.enable') ? 'on' : 'off';
    check.note(
      'modules.edgeMesh',
      `turns the mesh ${state}; the Go agent of this version ignores the section`,
    );
  }
}
