import { processNames } from '@edgecore/edgecore';
import { type Check, failed, ok, warning } from '../check.js';

/** No program existed before; a clock behind this has lost its battery. */
const EARLIEST = Date.UTC(2024, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);

/** Is the clock anywhere near the truth? TLS fails when it is not. */
export const clockCheck: Check = {
  name: 'clock',
  async run({ now }) {
    const shown = new Date(now).toISOString();
    return now < EARLIEST || now > LATEST
      ? failed(
          `${shown} cannot be right`,
          'set the clock (timedatectl set-ntp true); certificates fail without it',
        )
      : ok(shown);
  },
};

/** Does another node agent run here? */
export function otherAgentsCheck(processes: () => Promise<ReadonlySet<string>> = processNames): Check {
  return {
    name: 'other agents',
    async run({ config, env }) {
      const running = await processes();
      const fatal = config?.version === 'v1alpha1' ? ['kubelet', 'kube-proxy'] : ['kubelet'];
      const found = fatal.filter((name) => running.has(name));
      if (found.length > 0) {
        const text = `${found.join(' and ')} ${found.length > 1 ? 'are' : 'is'} running`;
        const advice = 'stop it: two agents fight over the containers';
        return env['CHECK_EDGECORE_ENVIRONMENT'] === 'false' ? warning(text, advice) : failed(text, advice);
      }
      if (running.has('edgecore')) {
        return warning('a process named edgecore is running', 'stop the Go agent before starting this one');
      }
      return ok('none');
    },
  };
}
