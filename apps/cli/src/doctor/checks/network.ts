import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { errorText } from '@edgecore/api';
import { type HostPort, parseHostPort } from '@edgecore/edgecore';
import { type Check, type CheckResult, failed, ok, skip, warning } from '../check.js';

const TIMEOUT_MS = 5000;

/** Do CloudHub and the certificate service answer TLS? */
export const cloudCheck: Check = {
  name: 'cloud',
  async run({ config }) {
    if (!config) return skip('the embedded cloud starts with the node');
    if (!config.edgeHub.enabled) return warning('modules.edgeHub is off', 'switch it on to reach a cloud');
    const certificateService = new URL(config.edgeHub.httpServer);
    const targets: [string, HostPort][] = [
      ['hub', parseHostPort(config.edgeHub.server)!],
      [
        'certificates',
        {
          host: certificateService.hostname.replace(/^\[|\]$/g, ''),
          port: Number(certificateService.port || 443),
        },
      ],
    ];
    const answers = await Promise.all(
      targets.map(async ([name, target]) => ({ name, target, problem: await tlsProblem(target) })),
    );
    const bad = answers.filter(({ problem }) => problem !== undefined);
    if (bad.length === 0) return ok(`${config.edgeHub.server} and ${config.edgeHub.httpServer} answer`);
    return failed(
      bad.map(({ name, target, problem }) => `${name} ${target.host}:${target.port}: ${problem}`).join('; '),
      'check the address, the route and firewalls; the agent keeps trying',
    );
  },
};

/** Is the MQTT broker there (external), or its port free (internal)? */
export const mqttCheck: Check = {
  name: 'MQTT',
  async run({ config }) {
    if (!config?.eventBus.enabled) return skip('no broker is configured');
    const { mode, externalServer, internalServer } = config.eventBus;
    const results: CheckResult[] = [];
    if (mode !== 'internal') results.push(await external(externalServer));
    if (mode !== 'external') results.push(await internal(internalServer));
    return results.find(({ state }) => state !== 'ok') ?? ok(results.map(({ found }) => found).join('; '));
  },
};

async function external(server: string): Promise<CheckResult> {
  const target = brokerAddress(server);
  const problem = await tcpProblem(target);
  return problem === undefined
    ? ok(`the broker ${server} answers`)
    : warning(
        `the broker ${server} does not answer (${problem})`,
        'start it (mosquitto), or use the embedded one: modules.eventBus.mqttMode: 0',
      );
}

async function internal(server: string): Promise<CheckResult> {
  const { host, port } = brokerAddress(server);
  const taken = (await tcpProblem({ host: host === '0.0.0.0' ? '127.0.0.1' : host, port })) === undefined;
  return taken
    ? warning(
        `port ${port} for the embedded broker is taken`,
        'stop the other broker (or agent), or change the port',
      )
    : ok(`port ${port} for the embedded broker is free`);
}

function brokerAddress(server: string): HostPort {
  const url = new URL(server);
  const defaultPort = /^(ssl|tls|mqtts|wss):$/.test(url.protocol) ? 8883 : 1883;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || defaultPort) };
}

/** Why a TCP connection cannot be made; `undefined` when it can. */
function tcpProblem({ host, port }: HostPort): Promise<string | undefined> {
  return attempt(connect({ host, port }), 'connect');
}

function tlsProblem({ host, port }: HostPort): Promise<string | undefined> {
  // Only "does it speak TLS"; whom to trust is known after joining.
  return attempt(connectTls({ host, port, rejectUnauthorized: false }), 'secureConnect');
}

function attempt(socket: ReturnType<typeof connect>, ready: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = (problem: string | undefined) => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(TIMEOUT_MS, () => end(`no answer within ${TIMEOUT_MS / 1000} s`));
    socket.on('error', (error) => end(errorText(error)));
    socket.once(ready, () => end(undefined));
  });
}
