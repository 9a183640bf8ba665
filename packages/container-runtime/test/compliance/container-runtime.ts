import { describe, expect, test } from '@jest/globals';
import { containerTests } from './containers.js';
import { eventTests } from './events.js';
import { type ComplianceSetup, Fixture } from './fixture.js';
import { imageTests } from './images.js';
import { isolationTests } from './isolation.js';
import { logTests } from './logs.js';
import { sandboxTests } from './sandboxes.js';
import { streamTests } from './streams.js';

export type { ComplianceSetup } from './fixture.js';

/**
 * Defines the tests every `ContainerRuntime` has to pass: what the interface
 * promises, seen from outside. Features a runtime says it does not have are
 * left out, except that it must say so consistently.
 */
export function containerRuntimeCompliance(name: string, setup: ComplianceSetup): void {
  (setup.describe ?? describe)(`${name} as a container runtime`, () => {
    const fixture = new Fixture(setup);

    test('says what it is and what it can', async () => {
      const { runtime } = fixture;
      expect(runtime.capabilities).toEqual(setup.capabilities);
      const { runtime: reference, version } = await runtime.version();
      expect(reference).toBe(`${runtime.name}://${version}`);
      expect(await runtime.status()).toEqual({ ready: true });
    });

    describe('sandboxes', () => sandboxTests(fixture));
    describe('containers', () => containerTests(fixture));
    describe('isolation', () => isolationTests(fixture));
    describe('exec and attach', () => streamTests(fixture));
    describe('logs', () => logTests(fixture));
    describe('events and stats', () => eventTests(fixture));
    describe('images', () => imageTests(fixture));
  });
}
