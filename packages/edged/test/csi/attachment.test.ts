import { KubeStatusError, NotConnectedError } from '@edgecore/api';
import { describe, expect, test } from '@jest/globals';
import { waitForAttachment } from '../../src/csi/node/attachment.js';
import { attachmentName } from '../../src/csi/node/csi-paths.js';
import type { VolumeAttachment } from '../../src/kube-types.js';
import { ManualClock } from '../support/manual-clock.js';

describe('waiting until a volume is attached (edged.md §14)', () => {
  const attachment = (status: VolumeAttachment['status']) => ({ status }) as VolumeAttachment;
  const notFound = new KubeStatusError('NotFound', 404, 'no such thing');

  /** Asks as long as the answers last; the last one stays. */
  function waiting(answers: (VolumeAttachment | Error)[]) {
    const clock = new ManualClock();
    const end = new AbortController();
    const asked: string[] = [];
    const result = waitForAttachment({
      name: 'csi-1',
      driver: 'd',
      handle: 'h',
      clock,
      timeoutMs: 120_000,
      signal: end.signal,
      objects: {
        getVolumeAttachment: async (name) => {
          asked.push(name);
          const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
    });
    let over = false;
    const settledResult = result.finally(() => {
      over = true;
    });
    settledResult.catch(() => undefined);
    return { clock, end, asked, result: settledResult, isOver: () => over };
  }

  test('its name is the one the cloud gives it', () => {
    // sha256 of "pvc-123csi-hostpathedge-1".
    expect(attachmentName('pvc-123', 'csi-hostpath', 'edge-1')).toBe(
      'csi-4a0bed98163e75527d9c663a6c36018438fc468152dede7bc1378b93558ac92d',
    );
  });

  test('asked until it is attached; its metadata is for the driver', async () => {
    const { clock, asked, result, isOver } = waiting([
      notFound,
      new NotConnectedError('connection lost'),
      attachment({ attached: false }),
      attachment({ attached: true, attachmentMetadata: { device: 'sdb' } }),
    ]);
    await clock.until(isOver, 10_000);
    expect(await result).toEqual(new Map([['device', 'sdb']]));
    expect(asked).toEqual(['csi-1', 'csi-1', 'csi-1', 'csi-1']);
  });

  test('what the cloud could not attach is told at once', async () => {
    const { result } = waiting([attachment({ attached: false, attachError: { message: 'no such disk' } })]);
    await expect(result).rejects.toThrow('no such disk');
  });

  test('two minutes, then the last reason', async () => {
    const { clock, asked, result, isOver } = waiting([notFound]);
    const startedAt = clock.now();
    await clock.until(isOver, 121_000);
    expect(clock.now() - startedAt).toBeLessThanOrEqual(120_000);
    expect(clock.now() - startedAt).toBeGreaterThan(100_000);
    expect(asked.length).toBeLessThan(20);
    await expect(result).rejects.toThrow(
      'timed out waiting for external-attacher of d CSI driver to attach volume h: volumeattachment csi-1 not found',
    );
  });

  test('whoever ends the pod ends the wait', async () => {
    const { clock, end, result } = waiting([notFound]);
    await clock.advance(1000);
    end.abort(new Error('the pod is being ended'));
    await expect(result).rejects.toThrow('the pod is being ended');
  });
});
