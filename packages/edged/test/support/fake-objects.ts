import { KubeStatusError, type TokenRequest } from '@edgecore/api';
import type {
  ConfigMap,
  ObjectSource,
  PersistentVolume,
  PersistentVolumeClaim,
  Secret,
  StoredPods,
  VolumeAttachment,
} from '@edgecore/edged';

/** ConfigMaps, secrets, claims, volumes, tokens and stored pods in memory. */
export class FakeObjects implements ObjectSource {
  readonly configMaps = new Map<string, ConfigMap>();
  readonly secrets = new Map<string, Secret>();
  /** By `<namespace>/<name>`. */
  readonly claims = new Map<string, PersistentVolumeClaim>();
  /** Of the cluster: by `/<name>`. */
  readonly volumes = new Map<string, PersistentVolume>();
  readonly attachments = new Map<string, VolumeAttachment>();
  stored: StoredPods = { items: [], errors: [] };
  /** Thrown by every read, while set. */
  failure: Error | undefined;
  /** `undefined`: this cloud has no tokens. */
  token: string | undefined;

  configMap(name: string, data: Record<string, string>, namespace = 'default'): void {
    this.configMaps.set(`${namespace}/${name}`, { metadata: { name, namespace }, data });
  }

  secret(name: string, data: Record<string, string>, namespace = 'default'): void {
    const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
    this.secrets.set(`${namespace}/${name}`, {
      metadata: { name, namespace },
      data: Object.fromEntries(encoded),
    });
  }

  async getConfigMap(namespace: string, name: string): Promise<ConfigMap> {
    return this.#find(this.configMaps, 'configmap', namespace, name);
  }

  async getSecret(namespace: string, name: string): Promise<Secret> {
    return this.#find(this.secrets, 'secret', namespace, name);
  }

  async getPersistentVolumeClaim(namespace: string, name: string): Promise<PersistentVolumeClaim> {
    return this.#find(this.claims, 'persistentvolumeclaim', namespace, name);
  }

  async getPersistentVolume(name: string): Promise<PersistentVolume> {
    return this.#find(this.volumes, 'persistentvolume', '', name);
  }

  async getVolumeAttachment(name: string): Promise<VolumeAttachment> {
    return this.#find(this.attachments, 'volumeattachment', '', name);
  }

  async getToken(
    _namespace: string,
    _account: string,
    request: TokenRequest,
  ): Promise<TokenRequest | undefined> {
    if (this.failure) throw this.failure;
    if (this.token === undefined) return undefined;
    return { ...request, status: { token: this.token, expirationTimestamp: '2030-01-01T00:00:00Z' } };
  }

  async listPods(): Promise<StoredPods> {
    if (this.failure) throw this.failure;
    return this.stored;
  }

  #find<T>(all: Map<string, T>, kind: string, namespace: string, name: string): T {
    if (this.failure) throw this.failure;
    const object = all.get(`${namespace}/${name}`);
    if (!object) throw new KubeStatusError('NotFound', 404, `${kind} "${name}" not found`);
    return object;
  }
}
