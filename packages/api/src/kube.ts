/** The part of every Kubernetes object the transport modules look at. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
  [key: string]: unknown;
}

export interface ObjectMeta {
  name?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string | null;
  deletionTimestamp?: string | null;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  [key: string]: unknown;
}

/** A Kubernetes `Status` object, as far as errors carry it. */
export interface KubeStatus {
  metadata?: object;
  status?: string;
  message?: string;
  reason?: string;
  details?: unknown;
  code?: number;
}

/** How a cloud writes an API error: `{"ErrStatus":{…}}` (wire.md §1.4). */
export interface ErrStatusContent {
  ErrStatus: KubeStatus;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

/** The objects in a list that may be anything; other items are left out. */
export function recordsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** True for content holding a whole object: it has `metadata.name`. */
export function isKubeObject(
  value: unknown,
): value is KubeObject & { metadata: ObjectMeta & { name: string } } {
  return isRecord(value) && isRecord(value['metadata']) && typeof value['metadata']['name'] === 'string';
}

/** True for `{"ErrStatus":{…}}`, the body of a failed query (compat.md §2). */
export function isErrStatus(value: unknown): value is ErrStatusContent {
  return isRecord(value) && isRecord(value['ErrStatus']);
}
