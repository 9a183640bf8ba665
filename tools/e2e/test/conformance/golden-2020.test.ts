import type { Message } from '@edgecore/beehive';
import { createEdgeCore, type EdgeCore } from '@edgecore/edgecore';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Account, accountOf, type Reasons } from '../../support/accounting.js';
import { type EngineView, engineView } from '../../support/engines.js';
import type { GoldenCloud } from '../../support/golden-cloud.js';
import { type GoldenSite, startGoldenSite } from '../../support/golden-site.js';
import { nodeConfig } from '../../support/node-config.js';
import { type RecordedMessage, type Recording, readRecording } from '../../support/recording.js';

// The hub's messages, all of them. The tunnel of these recordings (`tunnel-ws`) is a link of its own.

const NODE = 'edge-2020';
/** How an edge starts. The other recordings begin with a node that is registered. */
const REGISTERING = 'node-register-status.jsonl';

const isTwin = ({ source }: RecordedMessage) => source === 'twin';

/** What the Go edge sent and ours does not. */
const LEFT_OUT: Reasons = [
  [
    /^twin\/resource update device\/led-1\//,
    'said again by the Go edge each idle minute, long after the device went; ours forgets nothing and repeats nothing (devicetwin.md §8.5)',
  ],
  [
    /^twin\/resource get membership\/detail/,
    'the Go edge says it again each idle minute, as nobody answers it; ours once per connect (devicetwin.md §8.5)',
  ],
  [/^\/ {2}$/, 'the empty message of a stopping Go edge is a fault not to be copied'],
];

/** What ours sends and the Go edge, in these recordings, did not. */
const ONLY_OURS: Reasons = [
  [/^twin\/resource get membership\/detail/, 'once per connect, see above'],
  [
    /^metaManager\/resource update default\/podstatus$/,
    'comes each minute, in the replay each second, and not every recording lasts a minute',
  ],
  [/^edged\/meta insert default\/nodestatus\//, 'the node registers before the recording begins'],
  [
    /^edged\/meta update default\/podstatus\/golden-logs$/,
    'the Go edge had told of this pod before the recording begins',
  ],
];

/** A pod status counts as the recorded one when it says the same about the pod, a list when it names the same pods. */
function sameMeaning(recorded: RecordedMessage, sent: Message): boolean {
  if (recorded.resource.endsWith('/podstatus')) return namesOf(recorded.content) === namesOf(sent.content);
  if (!recorded.resource.includes('/podstatus/')) return true;
  return phaseOf(recorded.content) === phaseOf(sent.content);
}

function namesOf(list: unknown): string {
  return (list as { Name: string }[])
    .map(({ Name }) => Name)
    .sort()
    .join();
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
  /podstatus.*Status\.qosClass: not in the recording/,
];

const NOTHING: Account = { missing: [], extra: [], contents: [], confirmations: [] };

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

  interface Replay {
    readonly hub: GoldenCloud;
    readonly recording: Recording;
    restart(): Promise<void>;
    account(): Account;
  }

  async function start(file: string): Promise<Replay> {
    const recording = readRecording(file, { ignore: isTwin });
    const before = readRecording(REGISTERING, { ignore: isTwin });
    const opened = await startGoldenSite({ recording, before, sameMeaning });
    site = opened;
    const dir = await tempDir();
    engine = engineView('process', NODE, dir);
    const config = await nodeConfig({
      dir,
      nodeName: NODE,
      format: 'v1alpha1',
      httpsPort: opened.httpsPort,
      hubPort: opened.hub.port,
      token: opened.token,
      runtime: 'process',
      podStatusSyncSeconds: 1,
      nodeStatusSeconds: 1,
    });
    const restart = async () => {
      await core?.stop();
      core = createEdgeCore(config);
      await core.start();
    };
    await restart();
    const reasons = { leftOut: LEFT_OUT, onlyOurs: ONLY_OURS, allowed: ALLOWED };
    return {
      hub: opened.hub,
      recording,
      restart,
      account: () => accountOf(opened.hub, { recording, ...reasons }),
    };
  }

  test.each([
    REGISTERING,
    'pod-lifecycle.jsonl',
    'pod-with-configmap-secret.jsonl',
    'service-endpoints.jsonl',
  ])(
    '%s: every message is answered as the Go edge answered it',
    async (file) => {
      const { hub, recording, account } = await start(file);
      await hub.play();
      expect(hub.matches.length).toBeGreaterThan(1);
      expect(account()).toEqual(NOTHING);
      for (const dial of recording.dials) expect(hub.dials).toEqual([expect.objectContaining(dial)]);
    },
    90_000,
  );

  test('reconnect.jsonl: a lost link, then a restarted agent', async () => {
    const { hub, recording, restart, account } = await start('reconnect.jsonl');
    await hub.play(0);
    const running = recording.phases.find(({ down }) => down?.resource === 'default/pod/golden-logs')!.down!;
    await hub.tell(running);
    await eventually(() => hub.heard.some(({ resource }) => resource === 'default/podstatus/golden-logs'), {
      what: 'the status of the pod that ran before',
    });
    await hub.cut();
    await hub.play(1);
    await hub.cut();
    await restart();
    await hub.play(2);
    expect(account()).toEqual(NOTHING);
    expect(hub.dials.slice(-2)).toEqual(recording.dials.map((dial) => expect.objectContaining(dial)));
  }, 90_000);
});
