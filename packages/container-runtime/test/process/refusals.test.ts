import { describe, expect, test } from '@jest/globals';
import type { ContainerConfig } from '../../src/index.js';
import { findHostTools, type HostTools } from '../../src/process/host-tools.js';
import { refuseContainer } from '../../src/process/refusals.js';
import { containerConfig } from './pod-config.js';

/** What a host lacks decides what is refused; this host has it all, so the answers are asked for directly. */
describe('on a host without', () => {
  const tools = findHostTools('off');
  const cases: [string, Partial<HostTools>, Partial<ContainerConfig>, RegExp][] = [
    ['setsid', { setsid: undefined }, {}, /setsid is missing/],
    ['script', { script: undefined }, { tty: true }, /a terminal \(`tty`\)/],
    [
      'root',
      { uid: 1000 },
      { security: { runAsUser: 0 } },
      /runAsUser 0: the agent is not root \(uid 1000\)/,
    ],
    ['root, for groups', { uid: 1000 }, { security: { runAsGroup: 4242 } }, /runAsGroup 4242/],
    ['setpriv', { uid: 0, setpriv: undefined }, { security: { runAsUser: 7 } }, /setpriv is not installed/],
    [
      'setpriv, for no_new_privs',
      { setpriv: undefined },
      { security: { noNewPrivileges: true } },
      /allowPrivilegeEscalation/,
    ],
  ];
  test.each(cases)('%s', (_, missing, overrides, message) => {
    expect(() => refuseContainer(containerConfig('true', overrides), { ...tools, ...missing })).toThrow(
      message,
    );
  });

  test('root, a pod that asks for the agent itself is fine', () => {
    const security = { runAsUser: 1000, supplementalGroups: [5] };
    expect(() =>
      refuseContainer(containerConfig('true', { security }), { ...tools, uid: 1000 }),
    ).not.toThrow();
  });
});
