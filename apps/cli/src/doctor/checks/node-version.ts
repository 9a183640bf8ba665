import { type Check, failed, ok } from '../check.js';

const LEAST: readonly [major: number, minor: number] = [20, 19];

/** Is this Node.js new enough? */
export function nodeVersionCheck(version = process.versions.node): Check {
  return {
    name: 'Node.js',
    async run() {
      const [major = 0, minor = 0] = version.split('.').map(Number);
      const enough = major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
      return enough
        ? ok(`v${version}`)
        : failed(`v${version} is too old`, `install Node.js ${LEAST.join('.')} or newer`);
    },
  };
}
