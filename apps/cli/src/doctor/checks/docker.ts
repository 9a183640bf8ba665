import { request } from 'node:http';
import { errorText } from '@edgecore/api';
import { type Check, type CheckResult, type DoctorContext, failed, ok, warning } from '../check.js';

/** Oldest Docker API used (Docker 18.09). */
const LEAST_API = 1.39;
const TIMEOUT_MS = 5000;

interface EngineInfo {
  readonly CgroupDriver?: string;
  readonly CgroupVersion?: string;
  readonly Driver?: string;
  readonly Warnings?: readonly string[] | null;
}

/** Does Docker answer, is it new enough, and does its cgroup driver match the configuration? */
export const dockerCheck: Check = {
  name: 'Docker',
  async run(context) {
    const choice = context.config?.edged.runtime.choice ?? 'auto';
    if (choice === 'process') return ok('not used: pods run as plain processes (runtime: process)');
    let version: { Version?: string; ApiVersion?: string };
    let info: EngineInfo;
    try {
      version = await getJson(context.dockerEndpoint, '/version');
      info = await getJson(context.dockerEndpoint, '/info');
    } catch (error) {
      return noDocker(context, choice, error);
    }
    const engine = `Docker ${version.Version} (API ${version.ApiVersion}, cgroup ${info.CgroupDriver} v${info.CgroupVersion ?? '1'}, storage ${info.Driver})`;
    if (compareApi(version.ApiVersion ?? '0') < 0) {
      return failed(engine, `the API must be ${LEAST_API} or newer: update Docker`);
    }
    const wanted = context.config?.edged.runtime.cgroupDriver;
    if (wanted && info.CgroupDriver && info.CgroupDriver !== wanted) {
      return failed(
        `${engine}; the configuration says ${wanted}`,
        `set cgroupDriver to ${info.CgroupDriver} in the configuration, or native.cgroupdriver=${wanted} in Docker's`,
      );
    }
    return ok(engine);
  },
};

function noDocker(context: DoctorContext, choice: string, error: unknown): CheckResult {
  const code = (error as NodeJS.ErrnoException).code;
  const found = `${context.dockerEndpoint}: ${explain(code) ?? errorText(error)}`;
  const advice =
    code === 'EACCES'
      ? 'add your user to the docker group, or run as root'
      : 'install Docker, or start it (systemctl start docker)';
  return choice === 'docker'
    ? failed(found, advice)
    : warning(found, `pods will run as plain processes, without images or isolation; ${advice}`);
}

function explain(code: string | undefined): string | undefined {
  if (code === 'ENOENT') return 'there is no such socket';
  if (code === 'ECONNREFUSED') return 'nobody listens';
  return code === 'EACCES' ? 'no permission' : undefined;
}

/** API versions count by their minor number: 1.9 is older than 1.39. */
function compareApi(version: string): number {
  const minor = (text: string) => Number(text.split('.')[1] ?? 0);
  return minor(version) - minor(String(LEAST_API));
}

function getJson<T>(endpoint: string, path: string): Promise<T> {
  const [host, port] = endpoint.split(':');
  const where = endpoint.startsWith('/') ? { socketPath: endpoint } : { host: host!, port: Number(port) };
  return new Promise((resolve, reject) => {
    const sent = request({ ...where, path, timeout: TIMEOUT_MS, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        try {
          resolve(JSON.parse(text) as T);
        } catch {
          reject(new Error(`answered ${response.statusCode} without JSON`));
        }
      });
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    sent.on('error', reject);
    sent.end();
  });
}
