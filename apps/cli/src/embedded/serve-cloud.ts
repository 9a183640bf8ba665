import { errorText, type Logger } from '@edgecore/api';
import { type Minicloud, type StoredObject, startMinicloud } from '@edgecore/minicloud';
import type { CloudMessage } from './cloud.js';

export interface ServeCloudOptions {
  readonly dataDir: string;
  readonly manifestsDir: string;
  /** 0 for any free one. */
  readonly hubPort: number;
  readonly httpsPort: number;
  readonly log: Logger;
  readonly tell: (message: CloudMessage) => void;
}

/** Starts a cloud in this process and tells what happens in it; `undefined` after telling that it failed. */
export async function serveCloud(options: ServeCloudOptions): Promise<Minicloud | undefined> {
  const { dataDir, manifestsDir, hubPort, httpsPort, log, tell } = options;
  try {
    const cloud = await startMinicloud({ dataDir, manifestsDir, hubPort, httpsPort, logger: log });
    cloud.on('nodeReady', ({ node }) => tell({ type: 'nodeReady', node: node.metadata.name }));
    const tellPod = ({ metadata }: StoredObject, phase: string) =>
      tell({
        type: 'podStatus',
        namespace: metadata.namespace ?? 'default',
        name: metadata.name,
        uid: metadata.uid,
        phase,
      });
    cloud.on('podStatus', ({ pod, phase }) => tellPod(pod, phase));
    // Pods that ran before keep their status: nothing would be told of them.
    cloud.on('nodeConnected', () => {
      for (const pod of cloud.pods()) {
        tellPod(pod, (pod['status'] as { phase?: string } | undefined)?.phase ?? 'Pending');
      }
    });
    tell({ type: 'ready', hubPort: cloud.hubPort, httpsPort: cloud.httpsPort });
    return cloud;
  } catch (error) {
    tell({ type: 'failed', message: errorText(error) });
    return undefined;
  }
}
