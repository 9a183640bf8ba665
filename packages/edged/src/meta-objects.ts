import { hasCode, type TokenRequest } from '@edgecore/api';
import type { ModuleContext } from '@edgecore/beehive';
import { createMetaClient, type MetaClient } from '@edgecore/metaclient';
import type {
  ConfigMap,
  PersistentVolume,
  PersistentVolumeClaim,
  Secret,
  VolumeAttachment,
} from './kube-types.js';
import type { EdgedSettings } from './options.js';
import type { ObjectSource, StoredPods } from './ports/object-source.js';

/** The {@link ObjectSource} of a running agent: metamanager. */
export function createMetaObjects(ctx: ModuleContext, settings: EdgedSettings): ObjectSource {
  return metaObjects(createMetaClientOf(ctx, settings));
}

/** A client of metamanager on the module's own bus. */
export function createMetaClientOf(ctx: ModuleContext, settings: EdgedSettings): MetaClient {
  const { link, registerNodeNamespace } = settings;
  return createMetaClient({ ctx, link, registerNamespace: registerNodeNamespace });
}

/** Adapts a {@link MetaClient}. */
export function metaObjects(client: MetaClient): ObjectSource {
  return {
    getConfigMap: async (namespace, name, signal) =>
      (await client.configMaps.get(namespace, name, signal)) as ConfigMap,
    getSecret: async (namespace, name, signal) =>
      (await client.secrets.get(namespace, name, signal)) as Secret,
    getPersistentVolumeClaim: async (namespace, name, signal) =>
      (await client.persistentVolumeClaims.get(namespace, name, signal)) as PersistentVolumeClaim,
    getPersistentVolume: async (name, signal) =>
      (await client.persistentVolumes.get(name, signal)) as PersistentVolume,
    getVolumeAttachment: async (name, signal) =>
      (await client.volumeAttachments.get(name, signal)) as unknown as VolumeAttachment,
    async getToken(namespace, account, request, signal): Promise<TokenRequest | undefined> {
      try {
        return await client.serviceAccountTokens.request(namespace, account, request, signal);
      } catch (error) {
        if (hasCode(error, 'ERR_UNSUPPORTED_BY_CLOUD')) return undefined;
        throw error;
      }
    },
    async listPods(signal): Promise<StoredPods> {
      const { items, errors } = await client.pods.list(signal);
      return { items, errors: errors.map(({ error }) => error.message) };
    },
  };
}
