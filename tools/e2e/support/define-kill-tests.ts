import { expect, test } from '@jest/globals';
import { killStorm } from './kill-storm.js';

/** Kills per cloud in the suite; `EDGECORE_E2E_KILLS` asks for more. */
const KILLS = Number(process.env['EDGECORE_E2E_KILLS'] ?? 6);
/** The same moments and changes in each run; `EDGECORE_E2E_SEED` asks for others. */
const SEED = Number(process.env['EDGECORE_E2E_SEED'] ?? 1);

/** The tests of kill -9 on one engine. */
export function defineKillTests(engine: 'docker' | 'process'): void {
  test.each(['2020', 'current'] as const)(
    `kill -9 at ${KILLS} moments (seed ${SEED}), cloud %s: nothing lost, nothing twice, nothing left`,
    async (profile) => {
      const report = await killStorm({ engine, profile, kills: KILLS, seed: SEED });
      expect(report.kills).toBe(KILLS);
      expect(report.steps).toBeGreaterThan(KILLS);
      expect(report.acknowledged).toBeGreaterThan(KILLS);
      if (process.env['EDGECORE_E2E_KILLS']) console.log(engine, profile, JSON.stringify(report));
    },
    30_000 + KILLS * 15_000,
  );
}
