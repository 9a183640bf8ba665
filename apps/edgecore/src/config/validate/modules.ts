import { isIPv4 } from 'node:net';
import { VERSION } from '../../version.js';
import type { ConfigValue } from '../schema/field.js';
import { FEATURE_GATES } from '../schema/v1alpha2.js';
import type { Checker } from './report.js';
import { targetProblem } from './service-targets.js';

const BROKER_SCHEMES = ['tcp:', 'ssl:', 'tls:', 'mqtt:', 'mqtts:', 'ws:', 'wss:'];

export function checkDatabase(check: Checker): void {
  const driver = check.reader.text('database.driverName');
  if (driver !== 'sqlite3') check.error('database.driverName', `"${driver}" must be sqlite3`);
  if (check.reader.text('database.dataSource') === '') {
    check.error('database.dataSource', 'must name the database file');
  }
}

export function checkFeatureGates(check: Checker): void {
  if (check.reader.version === 'v1alpha1') return;
  for (const gate of Object.keys(check.reader.map('featureGates'))) {
    if (!FEATURE_GATES.includes(gate)) {
      check.error('featureGates', `unrecognized feature gate: ${gate} (known: ${FEATURE_GATES.join(', ')})`);
    }
  }
}

/** Upstream rewrites a file that is not of its own version; ours only says so (config.md §6). */
export function checkFileVersion(check: Checker): void {
  if (check.reader.version === 'v1alpha1') return;
  const written = check.reader.text('edgecoreVersion');
  if (written === '' || written.replace(/^v/, '') === VERSION) return;
  check.warning(
    'edgecoreVersion',
    `"${written}" is the version of another program (this one is ${VERSION}); the file is used as it is and not rewritten`,
  );
}

export function checkEventBus(check: Checker): void {
  const bus = 'modules.eventBus';
  const mode = check.reader.number(`${bus}.mqttMode`);
  if (mode < 0 || mode > 2) check.invalid(`${bus}.mqttMode`, 'Mode', mode, 'Mode need in [0,2] range');
  const qos = check.reader.number(`${bus}.mqttQOS`);
  if (qos > 2) check.error(`${bus}.mqttQOS`, `${qos} must be 0, 1 or 2`);
  check.positive(`${bus}.mqttSessionQueueSize`);
  if (mode === 0 || mode === 1) check.url(`${bus}.mqttServerInternal`, BROKER_SCHEMES);
  if (mode === 1 || mode === 2) check.url(`${bus}.mqttServerExternal`, BROKER_SCHEMES);
  check.positive('edgecoreTs.eventBus.queueMessages', 'edgecoreTs.eventBus.queueBytes');
  checkInternalTls(check);
}

function checkInternalTls(check: Checker): void {
  const { reader } = check;
  const own = 'edgecoreTs.eventBus.internalTLS';
  const names = reader.text(`${own}.certFile`) !== '' && reader.text(`${own}.keyFile`) !== '';
  const some = ['certFile', 'keyFile', 'clientCAFile'].some((key) => reader.text(`${own}.${key}`) !== '');
  const secure = /^(tls|mqtts|ssl|wss):/.test(reader.text('modules.eventBus.mqttServerInternal'));
  if (reader.number('modules.eventBus.mqttMode') !== 2 && secure && !names) {
    check.error(
      `${own}.certFile`,
      'and keyFile are needed for the scheme of modules.eventBus.mqttServerInternal',
    );
  } else if (some && !names) {
    check.error(`${own}.certFile`, 'and keyFile must both be given');
  }
}

export function checkMetaManager(check: Checker): void {
  const meta = 'modules.metaManager';
  check.positive(`${meta}.remoteQueryTimeout`);
  if (check.reader.version === 'v1alpha1') check.positive(`${meta}.podStatusSyncInterval`);
  if (!check.reader.bool(`${meta}.metaServer.enable`)) return;
  check.hostPort(`${meta}.metaServer.server`);
  check.hostPort(`${meta}.metaServer.dummyServer`);
}

export function checkServiceBus(check: Checker): void {
  const bus = 'modules.serviceBus';
  if (check.reader.text(`${bus}.server`) === '') check.error(`${bus}.server`, 'must be an address');
  check.port(`${bus}.port`);
  check.positive(`${bus}.timeout`, 'edgecoreTs.serviceBus.maxConcurrent');
  check.positiveDuration('edgecoreTs.serviceBus.callTimeout');
  for (const [index, target] of check.reader.list<ConfigValue>('edgecoreTs.serviceBus.targets').entries()) {
    const problem = targetProblem(target);
    if (problem) check.error('edgecoreTs.serviceBus.targets', `target ${index + 1}: ${problem}`);
  }
  for (const key of ['allowPorts', 'denyPorts']) {
    for (const port of check.reader.list<number>(`edgecoreTs.serviceBus.${key}`)) {
      if (!Number.isInteger(port) || port < 1 || port > 65_535) {
        check.error(`edgecoreTs.serviceBus.${key}`, `${port} is not a port from 1 to 65535`);
      }
    }
  }
}

export function checkDeviceTwin(check: Checker): void {
  check.oneOf('edgecoreTs.deviceTwin.expectedConflict', ['edge', 'cloud']);
  if (check.reader.durationMs('edgecoreTs.deviceTwin.reportMinInterval') < 0) {
    check.error('edgecoreTs.deviceTwin.reportMinInterval', 'must not be negative');
  }
}

/** `10004` as 2020's own `--defaultconfig` prints it: the character with that code. */
const PORT_10004_AS_CHARACTER = '✔';

/** The tunnel's address with 2020's misprinted port put right (config.md §2). */
export function tunnelServer(check: Pick<Checker, 'reader'>): string {
  const server = check.reader.text('modules.edgeStream.server');
  return server.endsWith(`:${PORT_10004_AS_CHARACTER}`) ? `${server.slice(0, -1)}10004` : server;
}

export function checkEdgeStream(check: Checker): void {
  const stream = 'modules.edgeStream';
  check.positive(`${stream}.handshakeTimeout`, `${stream}.readDeadline`, `${stream}.writeDeadline`);
  if (tunnelServer(check) === check.reader.text(`${stream}.server`)) check.hostPort(`${stream}.server`);
  check.oneOf('edgecoreTs.edgeStream.verifyServer', ['ca', 'none']);
}

/** Said whether or not the module is on: the file came from 2020's own `--defaultconfig`. */
export function noteTunnelServer(check: Checker): void {
  const written = check.reader.text('modules.edgeStream.server');
  const meant = tunnelServer(check);
  if (meant !== written) {
    check.warning(
      'modules.edgeStream.server',
      `"${written}" is a misprint of old programs; ${meant} is used`,
    );
  }
}

export function checkEdgeMesh(check: Checker): void {
  const mesh = 'modules.edgeMesh';
  check.port(`${mesh}.listenPort`);
  check.port('edgecoreTs.edgeMesh.dnsListenPort');
  if (!isMeshSubnet(check.reader.text(`${mesh}.subNet`))) {
    check.error(
      `${mesh}.subNet`,
      'must be an IPv4 network with a prefix of at most 28, such as 9.251.0.0/16',
    );
  }
  const strategies = ['RoundRobin', 'Random', 'SessionStickiness', 'LeastConnections'];
  const strategy = check.reader.text(`${mesh}.lbStrategy`);
  if (!strategies.includes(strategy)) {
    check.warning(
      `${mesh}.lbStrategy`,
      `"${strategy}" is none of ${strategies.join(', ')}; RoundRobin is used`,
    );
  }
  check.oneOf('edgecoreTs.edgeMesh.source', ['auto', 'push', 'dynamic']);
  check.oneOf('edgecoreTs.edgeMesh.intercept', ['dnat', 'anyip', 'none']);
  check.oneOf('edgecoreTs.edgeMesh.serviceFilterMode', ['FilterIfLabelExists', 'FilterIfLabelDoesNotExists']);
  check.oneOf('edgecoreTs.edgeMesh.podNetwork', ['hostPort', 'routable']);
}

function isMeshSubnet(text: string): boolean {
  const [address, prefix, ...rest] = text.split('/');
  return rest.length === 0 && isIPv4(address ?? '') && /^\d{1,2}$/.test(prefix ?? '') && Number(prefix) <= 28;
}

export function checkDbTest(check: Checker): void {
  check.port('edgecoreTs.dbTest.port');
}

export function checkStatus(check: Checker): void {
  if (check.reader.number('edgecoreTs.status.port') !== 0) check.port('edgecoreTs.status.port');
}
