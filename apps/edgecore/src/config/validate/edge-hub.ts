import type { Checker } from './report.js';

const HUB = 'modules.edgeHub';

/** The cloud drops a link without a keepalive for 30 s (edgehub.md §1): longer periods are shortened to this. */
export const LONGEST_HEARTBEAT_S = 29;

export function checkEdgeHub(check: Checker): void {
  const { reader } = check;
  checkProtocols(check);
  const heartbeat = reader.number(`${HUB}.heartbeat`);
  if (heartbeat < 1) check.error(`${HUB}.heartbeat`, `${heartbeat} must be 1 second or more`);
  if (heartbeat > LONGEST_HEARTBEAT_S) {
    check.warning(
      `${HUB}.heartbeat`,
      `${heartbeat} is too long, the cloud drops a link that is silent for 30 seconds; ${LONGEST_HEARTBEAT_S} is used`,
    );
  }
  if (reader.bool(`${HUB}.websocket.enable`)) {
    check.hostPort(`${HUB}.websocket.server`);
    check.positive(`${HUB}.websocket.handshakeTimeout`, `${HUB}.websocket.writeDeadline`);
  }
  check.url(`${HUB}.httpServer`, ['https:']);
  if (reader.text(`${HUB}.projectID`) === '') {
    // The cloud would answer the dial with a redirect (wire.md §2.1).
    check.warning(
      `${HUB}.projectID`,
      'is empty; the default is used, as the cloud takes no dial without one',
    );
  }
  for (const file of ['tlsCaFile', 'tlsCertFile', 'tlsPrivateKeyFile']) {
    if (reader.text(`${HUB}.${file}`) === '') check.error(`${HUB}.${file}`, 'must name a file');
  }
  checkRate(check, 'messageQPS', 'MessageQPS');
  checkRate(check, 'messageBurst', 'MessageBurst');
  checkToken(check);
  check.positive('edgecoreTs.edgeHub.queueMessages', 'edgecoreTs.edgeHub.queueBytes');
}

function checkProtocols(check: Checker): void {
  const websocket = check.reader.bool(`${HUB}.websocket.enable`);
  const quic = check.reader.bool(`${HUB}.quic.enable`);
  if (websocket === quic) {
    check.invalid(
      `${HUB}.${quic ? 'quic' : 'websocket'}.enable`,
      'enable',
      quic,
      `websocket.enable and quic.enable cannot be true and false at the same time (exactly one must be true; ${HUB}.websocket.enable is the one to use)`,
    );
  } else if (quic) {
    check.error(
      `${HUB}.quic.enable`,
      `${HUB}.quic.enable is true, but both clouds speak Google QUIC of 2018 (gQUIC Q039, Q043, Q044), which no current library offers; set it to false and ${HUB}.websocket.enable to true`,
      'refused',
    );
  }
}

function checkRate(check: Checker, key: string, name: string): void {
  const value = check.reader.optionalNumber(`${HUB}.${key}`);
  if (value === undefined) return;
  if (value < 0) check.invalid(`${HUB}.${key}`, key, value, `${name} must not be a negative number`);
  if (value === 0) check.warning(`${HUB}.${key}`, '0 would discard every message; the default is used');
}

/** The parts are checked without ever being shown. */
function checkToken(check: Checker): void {
  const token = check.reader.text(`${HUB}.token`);
  if (token === '') return;
  const parts = token.split('.');
  if (parts.length !== 4 || parts.some((part) => part === '')) {
    check.warning(
      `${HUB}.token`,
      `does not look like <caHash>.<header>.<payload>.<signature>: it has ${parts.length} parts`,
    );
  }
}
