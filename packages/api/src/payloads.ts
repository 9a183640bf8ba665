import { KubeStatusError } from './errors.js';
import type { ErrStatusContent } from './kube.js';
import { isErrStatus, isRecord } from './kube.js';

/** Content of `<ns>/nodestatus/<node>` updates; keys are Go's (wire.md §6.2). */
export interface NodeStatusRequest<Status = unknown> {
  UID: string;
  Status: Status;
  ExtendResources: Record<string, { name: string; type: string; capacity: string }[]> | null;
}

/** Content of `<ns>/podstatus/<pod>` updates; keys are Go's (wire.md §6.2). */
export interface PodStatusRequest<Status = unknown> {
  UID: string;
  Name: string;
  Status: Status;
}

/** Answer of today's cloud to create, patch, update and lease calls (wire.md §6.2). */
export interface ObjectResp<T = unknown> {
  Object: T | null;
  /** Not null means failure, even when `Object` is filled. `{}` is an unknown error. */
  Err: ErrStatusContent | Record<string, never> | null;
}

export function isObjectResp(value: unknown): value is ObjectResp {
  return isRecord(value) && 'Object' in value && 'Err' in value;
}

/** Body of a pod delete for today's cloud (edged.md §11.2). */
export interface DeleteOptions {
  gracePeriodSeconds: number;
  preconditions: { uid: string };
}

/** Body of `serviceaccounttoken` queries and answers (edged.md §11.4). */
export interface TokenRequest {
  metadata: { creationTimestamp: null };
  spec: {
    audiences: string[] | null;
    expirationSeconds: number | null;
    boundObjectRef: { kind: string; apiVersion: string; name: string; uid: string } | null;
  };
  status: { token: string; expirationTimestamp: string | null };
}

/** Connection event contents (edgehub.md §5.3). */
export const CloudConnection = {
  connected: 'cloud_connected',
  disconnected: 'cloud_disconnected',
} as const;

/** Body of `UpdateNodeActionStatus` (wire.md §6.2 U27). */
export interface NodeActionStatus {
  action: string;
  succ: boolean;
  finishTime: string;
  reason: string;
  extend: string;
}

/** Content of a positive answer or acknowledgement. */
export const OK = 'OK';

/**
 * The error a cloud answer stands for, if it is one: `{"ErrStatus":…}`,
 * `{Object, Err}` with `Err`, or the bare `{}` of an unknown error
 * (wire.md §1.4, metamanager.md §5). `undefined` for anything else.
 */
export function answerError(content: unknown): KubeStatusError | undefined {
  if (isObjectResp(content)) return content.Err === null ? undefined : answerError(content.Err);
  if (isErrStatus(content)) {
    const status = content.ErrStatus;
    return new KubeStatusError(
      status.reason ?? 'Unknown',
      status.code ?? 500,
      status.message ?? 'the cloud reported an error without a text',
    );
  }
  if (isRecord(content) && Object.keys(content).length === 0) {
    return new KubeStatusError('Unknown', 500, 'the cloud reported an error without a text');
  }
  return undefined;
}
