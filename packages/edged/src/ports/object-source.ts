import type { TokenRequest } from '@edgecore/api';
import type {
  ConfigMap,
  PersistentVolume,
  PersistentVolumeClaim,
  Secret,
  VolumeAttachment,
} from '../kube-types.js';

/** Pods as the database holds them. */
export interface StoredPods {
  /** Objects, or strings holding one. */
  readonly items: readonly unknown[];
  /** What is wrong with each row that could not be read at all. */
  readonly errors: readonly string[];
}

/**
 * The objects pods refer to (edged.md §3.3). An object that does not exist
 * is an error for which `isNotFound` of `@edgecore/api` is true; any other
 * error means "try again later". An answer without `metadata.name` is never
 * returned as an object.
 */
export interface ObjectSource {
  getConfigMap(namespace: string, name: string, signal?: AbortSignal): Promise<ConfigMap>;
  getSecret(namespace: string, name: string, signal?: AbortSignal): Promise<Secret>;
  getPersistentVolumeClaim(
    namespace: string,
    name: string,
    signal?: AbortSignal,
  ): Promise<PersistentVolumeClaim>;
  getPersistentVolume(name: string, signal?: AbortSignal): Promise<PersistentVolume>;
  /** As the cloud has it now; offline, as it was when last asked for (§14). */
  getVolumeAttachment(name: string, signal?: AbortSignal): Promise<VolumeAttachment>;
  /**
   * A service account token (§11.4); `undefined` when this cloud hands out
   * none (2020), which is not an error.
   */
  getToken(
    namespace: string,
    serviceAccount: string,
    request: TokenRequest,
    signal?: AbortSignal,
  ): Promise<TokenRequest | undefined>;
  /** The stored pods of this node. Always answered from the database (§3.2). */
  listPods(signal?: AbortSignal): Promise<StoredPods>;
}
