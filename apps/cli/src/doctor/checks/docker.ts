import { errorText } from '@edgecore/api';
import { engineRequest } from '../../docker/engine-request.js';
import { type Check, type CheckResult, type DoctorContext, failed, ok, warning } from '../check.js';

/** Oldest Docker API used (Docker 20.10). */
const LEAST_API = '1.41';

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
      version = JSON.parse(await engineRequest(context.dockerEndpoint, { path: '/version' }));
      info = JSON.parse(await engineRequest(context.dockerEndpoint, { path: '/info' }));
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

/** API versions count by their minor number: 1.9 is older than 1.41. */
function compareApi(version: string): number {
  const minor = (text: string) => Number(text.split('.')[1] ?? 0);
  return minor(version) - minor(LEAST_API);
}
