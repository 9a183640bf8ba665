import type { Check } from './check.js';
import { certificateCheck } from './checks/certificates.js';
import { configurationCheck } from './checks/configuration.js';
import { dockerCheck } from './checks/docker.js';
import { clockCheck, otherAgentsCheck } from './checks/machine.js';
import { cloudCheck, mqttCheck } from './checks/network.js';
import { nodeVersionCheck } from './checks/node-version.js';
import { dataDirCheck, diskSpaceCheck } from './checks/storage.js';

/** Every prerequisite, in the order they are shown. */
export function allChecks(): readonly Check[] {
  return [
    configurationCheck,
    nodeVersionCheck(),
    clockCheck,
    otherAgentsCheck(),
    dataDirCheck,
    diskSpaceCheck,
    dockerCheck,
    certificateCheck,
    cloudCheck,
    mqttCheck,
  ];
}
