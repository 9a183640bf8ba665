import { errorText, type Logger } from '@edgecore/api';
import { type Minicloud, type StoredObject, startMinicloud } from '@edgecore/minicloud';
import type { CloudMessage, CloudPorts } from './cloud.js';

/** Its ports: 0 for any free one. */
export interface ServeCloudOptions extends CloudPorts {
  readonly dataDir: string;
  readonly manifestsDir: string;
  readonly log: Logger;
  readonly tell: (message: CloudMessage) => void;
}

/** Starts a cloud in this process and tells what happens in it; `undefined` after telling that it failed. */
export async function serveCloud(options: ServeCloudOptions): Promise<Minicloud | undefined> {
  const { dataDir, manifestsDir, log, tell, ...ports } = options;
  try {
    const cloud = await startMinicloud({ dataDir, manifestsDir, ...ports, logger: log });
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
    const { hubPort, httpsPort, tunnelPort, kubePort } = cloud;
    tell({ type: 'ready', hubPort, httpsPort, tunnelPort, kubePort });
    return cloud;
  } catch (error) {
    tell({ type: 'failed', message: errorText(error) });
    return undefined;
  }
}
