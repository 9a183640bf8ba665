import { hasCode, isRecord, type KubeObject, OK } from '@edgecore/api';
import { deletePod, isFinished } from '../cluster/pod-deletion.js';
import { ApiError } from '../errors.js';
import { errStatus, uidConflict } from '../objects/api-status.js';
import { Kinds } from '../objects/kinds.js';
import { type Fields, kubeTime, type StoredObject, statusOf } from '../objects/stored-object.js';
import { strategicMerge } from '../objects/strategic-merge.js';
import { parsePatch } from './patch-content.js';
import {
  answer,
  objectAnswer,
  objectFailure,
  type UpstreamCall,
  type UpstreamContext,
  type UpstreamHandler,
} from './upstream-call.js';

/** U5: the status of one pod, or a list of them (the 60 s batch). */
export const updatePodStatus: UpstreamHandler = async (call, context) => {
  const { content } = call.message;
  for (const request of Array.isArray(content) ? content : [content]) {
    const result = await storeStatus(call, context, request);
    // Only today's cloud answers, once per element, all with the same parent.
    if (context.rules.profile.answersReports) await call.send(answer(call, result));
  }
};

async function storeStatus(call: UpstreamCall, context: UpstreamContext, request: unknown): Promise<unknown> {
  if (!isRecord(request) || !isRecord(request['Status'])) return {};
  const name = typeof request['Name'] === 'string' && request['Name'] !== '' ? request['Name'] : call.name;
  const { namespace } = call;
  const status = request['Status'];
  const pod = context.objects.get(Kinds.pod, namespace, name);
  if (!pod) {
    await call.send(context.messages.unknownPod(namespace, name));
    return OK;
  }
  const { uid } = pod.metadata;
  if (request['UID'] !== uid) {
    // Named with its own uid, or the edge would take the new pod of that name away.
    await call.send(context.messages.unknownPod(namespace, name, String(request['UID'] ?? '')));
    return OK;
  }
  try {
    const stored = await context.objects.update(Kinds.pod, namespace, name, (draft) => {
      if (draft.metadata.uid !== uid) throw uidConflict(Kinds.pod, name, uid, draft.metadata.uid);
      return { ...draft, status: replaceStatus(statusOf(draft), status, kubeTime(context.now())) };
    });
    await removeFinished(context, stored);
    return OK;
  } catch (error) {
    return errStatus(error);
  }
}

/** The first start time stays, and so does the time of a condition that did not change (edged.md §11.1). */
function replaceStatus(before: Fields, status: Fields, now: string): Fields {
  const next: Fields = { ...status };
  if (before['startTime'] !== undefined) next['startTime'] = before['startTime'];
  if (!Array.isArray(status['conditions'])) return next;
  const known = Array.isArray(before['conditions']) ? before['conditions'].filter(isRecord) : [];
  next['conditions'] = status['conditions'].filter(isRecord).map((condition) => {
    if (condition['type'] !== 'Ready' && condition['type'] !== 'Initialized') return condition;
    const old = known.find(({ type }) => type === condition['type']);
    const same = old !== undefined && old['status'] === condition['status'];
    return { ...condition, lastTransitionTime: same ? old['lastTransitionTime'] : now };
  });
  return next;
}

async function removeFinished(context: UpstreamContext, pod: StoredObject): Promise<void> {
  if (!isFinished(pod)) return;
  const { name, namespace = '', uid } = pod.metadata;
  await deletePod(context.objects, { namespace, name }, context.now(), { graceSeconds: 0, uid });
}

const EMPTY_POD: KubeObject = {
  metadata: { creationTimestamp: null },
  spec: { containers: null },
  status: {},
};

/** U11: a strategic merge patch of the status, guarded by the uid in it. */
export const patchPodStatus: UpstreamHandler = async (call, context) => {
  try {
    const patch = parsePatch(call.message.content);
    const guard = isRecord(patch['metadata']) ? patch['metadata']['uid'] : undefined;
    const change = isRecord(patch['status']) ? patch['status'] : {};
    const pod = await context.objects.update(Kinds.pod, call.namespace, call.name, (draft) => {
      const { uid } = draft.metadata;
      if (typeof guard === 'string' && guard !== uid) throw uidConflict(Kinds.pod, call.name, guard, uid);
      return { ...draft, status: strategicMerge(statusOf(draft), change) };
    });
    await call.send(objectAnswer(call, pod));
  } catch (error) {
    const problem = error instanceof TypeError ? new ApiError('BadRequest', 400, error.message) : error;
    await call.send(objectFailure(call, problem, EMPTY_POD));
  }
};

/** U8: the node is done with a pod. Its uid as a string, today also DeleteOptions; gone or replaced is fine. */
export const deletePodReport: UpstreamHandler = async (call, context) => {
  const { content } = call.message;
  const answers = context.rules.profile.answersReports;
  const options =
    typeof content === 'string' ? { uid: content, graceSeconds: 0 } : deleteOptions(content, answers);
  if (!options) return;
  let result: unknown = OK;
  try {
    await deletePod(context.objects, call, context.now(), options);
  } catch (error) {
    const gone = hasCode(error, 'ERR_API') && ['NotFound', 'Conflict'].includes((error as ApiError).reason);
    if (!gone) result = errStatus(error);
  }
  if (answers) await call.send(answer(call, result));
};

function deleteOptions(content: unknown, understood: boolean) {
  if (!understood || !isRecord(content)) return undefined;
  const preconditions = isRecord(content['preconditions']) ? content['preconditions'] : {};
  const uid = preconditions['uid'];
  const seconds = content['gracePeriodSeconds'];
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof seconds === 'number' ? { graceSeconds: seconds } : {}),
  };
}

/** U12: the mirror of a static pod. */
export const createMirrorPod: UpstreamHandler = async (call, context) => {
  try {
    const pod = isRecord(call.message.content) ? (call.message.content as KubeObject) : {};
    const metadata = { ...pod.metadata, name: call.name, namespace: call.namespace };
    const created = await context.objects.create(Kinds.pod, { ...pod, metadata });
    await call.send(objectAnswer(call, created, { versioned: false }));
  } catch (error) {
    await call.send(objectFailure(call, error, EMPTY_POD));
  }
};
