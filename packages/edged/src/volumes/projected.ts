import type { ProjectedVolumeSource } from '../kube-types.js';
import type { Payload, PayloadFile } from './atomic-writer.js';
import { downwardPayload } from './downward-api.js';
import { objectPayload } from './object-payload.js';
import { DEFAULT_FILE_MODE, relativePath } from './payload.js';
import type { VolumeContext } from './volume-plugin.js';

/** Kubelet's default life of a projected token. */
const TOKEN_SECONDS = 3600;

/** All sources together; a later source overrides files of an earlier one. */
export async function projectedPayload(
  { sources = [], defaultMode }: ProjectedVolumeSource,
  context: VolumeContext,
): Promise<Payload> {
  const merged = new Map<string, PayloadFile>();
  const add = (payload: Payload) => {
    for (const [path, file] of payload) merged.set(path, file);
  };
  for (const source of sources) {
    const { configMap, secret, downwardAPI, serviceAccountToken } = source;
    if (configMap) {
      add(
        await objectPayload(configMap.name ?? '', { ...configMap, kind: 'configmap', defaultMode }, context),
      );
    }
    if (secret)
      add(await objectPayload(secret.name ?? '', { ...secret, kind: 'secret', defaultMode }, context));
    if (downwardAPI) add(downwardPayload(downwardAPI.items ?? [], defaultMode, context));
    if (serviceAccountToken) {
      const { audience, expirationSeconds = TOKEN_SECONDS, path } = serviceAccountToken;
      const token = await requestToken(context, audience, expirationSeconds);
      merged.set(relativePath(path), {
        data: Buffer.from(token, 'utf8'),
        mode: tokenMode(context, defaultMode),
      });
    }
  }
  return merged;
}

/** Only one user may read a token when it is known which (§7.4). */
function tokenMode({ pod, fsGroup }: VolumeContext, defaultMode = DEFAULT_FILE_MODE): number {
  if (fsGroup) return 0o600;
  const users = pod.spec.containers.map(
    (container) => container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser,
  );
  const oneUser = users[0] !== undefined && users.every((user) => user === users[0]);
  return oneUser ? 0o600 : defaultMode;
}

async function requestToken(
  { pod, objects, warn, signal }: VolumeContext,
  audience: string | undefined,
  expirationSeconds: number,
): Promise<string> {
  const { name, namespace, uid } = pod.metadata;
  const account = pod.spec.serviceAccountName || 'default';
  const answer = await objects.getToken(
    namespace,
    account,
    {
      metadata: { creationTimestamp: null },
      spec: {
        audiences: audience ? [audience] : null,
        expirationSeconds,
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
      },
      status: { token: '', expirationTimestamp: null },
    },
    signal,
  );
  if (answer) return answer.status.token;
  // A cloud without tokens (2020): the pod runs, its token file is empty.
  warn(
    'ServiceAccountTokenUnavailable',
    'this cloud hands out no service account tokens: the token file is empty',
  );
  return '';
}
