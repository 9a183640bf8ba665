import type { Message } from '@edgecore/beehive';
import { createEdgeCore, type EdgeCore } from '@edgecore/edgecore';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type EngineView, engineView } from '../../support/engines.js';
import type { GoldenCloud } from '../../support/golden-cloud.js';
import { type GoldenSite, startGoldenSite } from '../../support/golden-site.js';
import { nodeConfig } from '../../support/node-config.js';
import { type RecordedMessage, readRecording } from '../../support/recording.js';
import { shapeDifferences } from '../../support/shape.js';

// The modules that are not part of this stage, and what only a Go agent does.
const ignored = ({ source, resource }: RecordedMessage) =>
  source === 'twin' || resource.includes('membership');

/** A pod status counts as the recorded one when it says the same about the pod. */
function sameMeaning(recorded: RecordedMessage, sent: Message): boolean {
  if (!/\/podstatus\//.test(recorded.resource)) return true;
  return phaseOf(recorded.content) === phaseOf(sent.content);
}

/** The 2020 edge calls every deleted pod `Succeeded`; ours says how its containers ended (edged.md §9.1, §11.1). */
function phaseOf(content: unknown): string | undefined {
  const phase = (content as { Status?: { phase?: string } }).Status?.phase;
  return phase === 'Failed' ? 'Succeeded' : phase;
}

/**
 * Where ours differs from the recorded shape on purpose: real times where the 2020 edge sent `null`
 * (edged.md §9.3), real container statuses of pods that end (§11.1), and facts of the
 * machine the recording was made on.
 */
const ALLOWED = [
  /conditions\[\w+\]\.lastTransitionTime: null expected, string found/,
  /conditions\[\w+\]\.(reason|message): /,
  /\.containerStatuses\[\w*\]\.(containerID|imageID|lastState\.terminated|state\.(running|terminated|waiting)).*/,
  /\.containerStatuses\[\w*\]\.state\.terminated\.(startedAt|finishedAt): null expected, string found/,
  /\.(podIPs?|hostIP): (missing|not in the recording)/,
  /podstatus\/.*Status\.qosClass: not in the recording/,
];

describe('the cloud of 2020, played back over TLS', () => {
  let site: GoldenSite | undefined;
  let core: EdgeCore | undefined;
  let engine: EngineView | undefined;

  afterEach(async () => {
    await core?.stop();
    await site?.close();
    // Recordings that end with a pod that runs.
    await engine?.clean();
    core = undefined;
    site = undefined;
    engine = undefined;
  });

  async function start(file: string): Promise<{ hub: GoldenCloud; restart(): Promise<void> }> {
    const recording = readRecording(file, ignored);
    const opened = await startGoldenSite({ recording, sameMeaning });
    site = opened;
    const dir = await tempDir();
    engine = engineView('process', 'edge-2020', dir);
    const config = await nodeConfig({
      dir,
      nodeName: 'edge-2020',
      format: 'v1alpha1',
      httpsPort: opened.httpsPort,
      hubPort: opened.hub.port,
      token: opened.token,
      runtime: 'process',
      podStatusSyncSeconds: 1,
    });
    const restart = async () => {
      await core?.stop();
      core = createEdgeCore(config);
      await core.start();
    };
    await restart();
    return { hub: opened.hub, restart };
  }

  function shapes({ matches }: GoldenCloud): string[] {
    return matches.flatMap(({ recorded, sent }) =>
      shapeDifferences(recorded.content, sent.content)
        .map((line) => `${recorded.operation} ${recorded.resource}${line}`)
        .filter((line) => !ALLOWED.some((allowed) => allowed.test(line))),
    );
  }

  test.each([
    'node-register-status.jsonl',
    'pod-lifecycle.jsonl',
    'pod-with-configmap-secret.jsonl',
    'service-endpoints.jsonl',
  ])(
    '%s: every message is answered as the Go edge answered it',
    async (file) => {
      const { hub } = await start(file);
      await hub.play();
      expect(hub.matches.length).toBeGreaterThan(1);
      expect(shapes(hub)).toEqual([]);
    },
    90_000,
  );

  test('reconnect.jsonl: a lost link, then a restarted agent', async () => {
    const { hub, restart } = await start('reconnect.jsonl');
    await eventually(() => hub.connection, { what: 'the first connection' });
    await hub.cut();
    await hub.play(1);
    await hub.cut();
    await restart();
    await hub.play(2);
    expect(hub.matches.map(({ recorded }) => recorded.resource)).toContain('default/podstatus/golden-late');
    expect(shapes(hub)).toEqual([]);
  }, 90_000);
});
