import { type Check, ok } from '../check.js';

/** Which configuration the others were checked against. */
export const configurationCheck: Check = {
  name: 'configuration',
  async run({ config }) {
    if (!config) return ok('none: the embedded set-up (edgecore start)');
    return ok(`${config.file ?? 'built in'} (${config.version}), node ${config.node.name}`);
  },
};
