import { isIP } from 'node:net';
import { dockerEndpoint } from '../convert/runtime-endpoint.js';
import { isNodeName, NODE_NAME_RULE } from '../node-name.js';
import { parseBytes } from '../quantity.js';
import { checkEviction } from './eviction.js';
import type { Checker } from './report.js';

const EDGED = 'modules.edged';
const KUBELET = `${EDGED}.tailoredKubeletConfig`;
const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function checkEdged(check: Checker, { allowUnsupported }: { allowUnsupported: boolean }): void {
  checkNodeName(check);
  const { reader } = check;
  const ip = reader.text(`${EDGED}.nodeIP`);
  if (ip !== '' && isIP(ip) === 0) check.error(`${EDGED}.nodeIP`, `"${ip}" is not an IP address`);
  if (reader.text(`${EDGED}.registerNodeNamespace`) === '') {
    check.error(`${EDGED}.registerNodeNamespace`, 'must not be empty; the default is "default"');
  }
  check.oneOf('edgecoreTs.edged.runtime', ['auto', 'docker', 'process']);
  const endpoint = dockerEndpoint(reader);
  if (endpoint.refusal) {
    const { path, value } = endpoint.refusal;
    const text = `the runtime endpoint ${value} is refused: only Docker's API is spoken; name Docker's socket (unix:///var/run/docker.sock)`;
    if (allowUnsupported) check.warning(path, `${text}. It is ignored (--allow-unsupported)`);
    else check.error(path, `${text}, or start with --allow-unsupported to use it instead`, 'refused', value);
  }
  if (endpoint.hint) check.note(endpoint.hint.path, endpoint.hint.text);
  if (reader.version === 'v1alpha1') checkEdged2020(check);
  else checkKubelet(check);
}

function checkNodeName(check: Checker): void {
  const path = `${EDGED}.hostnameOverride`;
  const name = check.reader.text(path);
  if (isNodeName(name)) return;
  if (check.reader.version === 'v1alpha1' && isNodeName(name.toLowerCase())) {
    check.warning(path, `the node name "${name}" has capital letters: 2020 took it, Kubernetes does not`);
  } else {
    check.invalid(path, 'HostnameOverride', name, NODE_NAME_RULE);
  }
}

function checkEdged2020(check: Checker): void {
  const { reader } = check;
  if (reader.text(`${EDGED}.nodeIP`) === '') {
    check.invalid(`${EDGED}.nodeIP`, 'NodeIp', '', 'Need sed NodeIP');
  }
  checkCgroupDriver(check, `${EDGED}.cgroupDriver`);
  check.oneOf(`${EDGED}.runtimeType`, ['docker', 'remote']);
  check.positive(
    `${EDGED}.nodeStatusUpdateFrequency`,
    `${EDGED}.imagePullProgressDeadline`,
    `${EDGED}.runtimeRequestTimeout`,
    `${EDGED}.concurrentConsumers`,
  );
  checkPercentages(check, `${EDGED}.imageGCHighThreshold`, `${EDGED}.imageGCLowThreshold`);
  for (const address of reader.text(`${EDGED}.clusterDNS`).split(',')) {
    checkDnsServer(check, `${EDGED}.clusterDNS`, address.trim());
  }
  checkTaints(check, `${EDGED}.taints`);
}

function checkKubelet(check: Checker): void {
  const { reader } = check;
  checkCgroupDriver(check, `${KUBELET}.cgroupDriver`);
  check.positiveDuration(
    `${KUBELET}.nodeStatusUpdateFrequency`,
    `${KUBELET}.nodeStatusReportFrequency`,
    `${KUBELET}.syncFrequency`,
    `${KUBELET}.fileCheckFrequency`,
    `${KUBELET}.runtimeRequestTimeout`,
    `${KUBELET}.streamingConnectionIdleTimeout`,
  );
  check.positive(`${KUBELET}.nodeLeaseDurationSeconds`, `${KUBELET}.maxPods`);
  check.atLeast(`${KUBELET}.nodeStatusMaxImages`, -1);
  check.atLeast(`${KUBELET}.eventRecordQPS`, 0);
  check.atLeast(`${KUBELET}.eventBurst`, 0);
  // 0 turns the local API off, as in a kubelet.
  if (reader.number(`${KUBELET}.readOnlyPort`) !== 0) check.port(`${KUBELET}.readOnlyPort`);
  if (isIP(reader.text(`${KUBELET}.address`)) === 0) {
    check.error(`${KUBELET}.address`, `"${reader.text(`${KUBELET}.address`)}" is not an IP address`);
  }
  checkPercentages(check, `${KUBELET}.imageGCHighThresholdPercent`, `${KUBELET}.imageGCLowThresholdPercent`);
  for (const address of reader.list(`${KUBELET}.clusterDNS`)) {
    checkDnsServer(check, `${KUBELET}.clusterDNS`, address);
  }
  const logSize = reader.text(`${KUBELET}.containerLogMaxSize`);
  if (parseBytes(logSize) === undefined) {
    check.error(`${KUBELET}.containerLogMaxSize`, `"${logSize}" is not a size such as 10Mi`);
  }
  check.atLeast(`${KUBELET}.containerLogMaxFiles`, 2);
  checkEviction(check);
  checkTaints(check, `${KUBELET}.registerWithTaints`);
}

function checkCgroupDriver(check: Checker, path: string): void {
  const driver = check.reader.text(path);
  if (driver !== 'cgroupfs' && driver !== 'systemd') {
    check.invalid(path, 'CGroupDriver', driver, 'CGroupDriver value error, must be cgroupfs or systemd');
  }
}

function checkPercentages(check: Checker, highPath: string, lowPath: string): void {
  const high = check.reader.number(highPath);
  const low = check.reader.number(lowPath);
  for (const [path, value] of [
    [highPath, high],
    [lowPath, low],
  ] as const) {
    if (value < 0 || value > 100) check.error(path, `${value} is not a percentage from 0 to 100`);
  }
  if (low >= high) check.error(lowPath, `${low} must be lower than ${highPath} (${high})`);
}

function checkDnsServer(check: Checker, path: string, address: string): void {
  if (address !== '' && isIP(address) === 0) check.error(path, `"${address}" is not an IP address`);
}

function checkTaints(check: Checker, path: string): void {
  for (const [index, taint] of check.reader.list<{ key?: string; effect?: string }>(path).entries()) {
    if (typeof taint !== 'object' || taint === null || typeof taint.key !== 'string' || taint.key === '') {
      check.error(path, `entry ${index} must be a mapping with a key and an effect`);
    } else if (!TAINT_EFFECTS.includes(taint.effect ?? '')) {
      check.error(path, `entry ${index}: effect must be one of ${TAINT_EFFECTS.join(', ')}`);
    }
  }
}
