import { hasCode, isRecord, type KubeObject, OK } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { errStatus } from '../objects/api-status.js';
import { Kinds } from '../objects/kinds.js';
import { completeNode, replaceNodeStatus } from '../objects/node-status.js';
import { kubeTime, statusOf } from '../objects/stored-object.js';
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

function nodeFrom(call: UpstreamCall, context: UpstreamContext): KubeObject {
  const content = isRecord(call.message.content) ? (call.message.content as KubeObject) : {};
  const { namespace: _namespace, creationTimestamp: _time, ...metadata } = content.metadata ?? {};
  const annotations = { ...metadata.annotations };
  if (context.rules.pushesNode) annotations['cloudcore'] = context.advertiseAddress;
  return completeNode({
    ...content,
    metadata: {
      ...metadata,
      name: call.name,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
  });
}

/** U3: the 2020 registration; an existing node is as good as a new one. */
export const registerByStatus: UpstreamHandler = async (call, context) => {
  const resource = `${call.namespace}/node/${call.name}`;
  try {
    await context.objects.create(Kinds.node, nodeFrom(call, context));
  } catch (error) {
    if (!isExisting(error)) {
      const text = context.rules.profile.answersMissing ? String((error as Error).message) : '';
      await call.send(answer(call, text, { resource }));
      return;
    }
  }
  context.monitor.seen(call.name);
  await call.send(answer(call, OK, { resource }));
};

/** U4: a whole status. A node that does not exist gets no answer. */
export const updateStatus: UpstreamHandler = async (call, context) => {
  const request = call.message.content;
  const status = isRecord(request) ? request['Status'] : undefined;
  if (!isRecord(status) || !context.objects.get(Kinds.node, '', call.name)) return;
  context.monitor.seen(call.name);
  const node = await context.objects.update(Kinds.node, '', call.name, (draft) => ({
    ...draft,
    status: replaceNodeStatus(draft, status, {
      now: kubeTime(context.now()),
      keepsKubeletPort: context.rules.pushesNode,
      refreshesTransition: !context.rules.pushesNode,
    }),
  }));
  const { resourceVersion } = node.metadata;
  await call.send(answer(call, OK, { resource: `${call.namespace}/node/${call.name}`, resourceVersion }));
};

/** U7: labels and annotations are merged, nothing else (compat.md §2). */
export const updateMetadata: UpstreamHandler = async (call, context) => {
  const content = call.message.content;
  if (!isRecord(content) || !context.objects.get(Kinds.node, '', call.name)) return;
  const given = isRecord(content['metadata']) ? content['metadata'] : {};
  const node = await context.objects.update(Kinds.node, '', call.name, (draft) => ({
    ...draft,
    metadata: {
      ...draft.metadata,
      ...merged('labels', draft.metadata.labels, given['labels']),
      ...merged('annotations', draft.metadata.annotations, given['annotations']),
    },
  }));
  await call.send(answer(call, OK, { resourceVersion: node.metadata.resourceVersion }));
};

function merged(key: string, before: Record<string, string> | undefined, given: unknown) {
  return isRecord(given) ? { [key]: { ...before, ...(given as Record<string, string>) } } : {};
}

/** U9: today's registration. */
export const registerNode: UpstreamHandler = async (call, context) => {
  try {
    const node = await context.objects.create(Kinds.node, nodeFrom(call, context));
    context.monitor.seen(call.name);
    await call.send(objectAnswer(call, node, { versioned: false }));
  } catch (error) {
    const content = isRecord(call.message.content) ? (call.message.content as KubeObject) : {};
    const { name: _name, ...metadata } = { creationTimestamp: null, ...content.metadata };
    await call.send(objectFailure(call, error, completeNode({ ...content, metadata, status: {} })));
  }
};

/** U10: a strategic merge patch of the status. */
export const patchStatus: UpstreamHandler = async (call, context) => {
  try {
    const patch = parsePatch(call.message.content);
    const change = isRecord(patch['status']) ? patch['status'] : {};
    const node = await context.objects.update(Kinds.node, '', call.name, (draft) => ({
      ...draft,
      status: strategicMerge(statusOf(draft), change),
    }));
    context.monitor.seen(call.name);
    await call.send(objectAnswer(call, node));
  } catch (error) {
    const problem = error instanceof TypeError ? new ApiError('BadRequest', 400, error.message) : error;
    await call.send(objectFailure(call, problem, completeNode({ metadata: { creationTimestamp: null } })));
  }
};

/** U6 for nodes. */
export const queryNode: UpstreamHandler = async (call, context) => {
  const node = context.objects.get(Kinds.node, '', call.name);
  if (node) {
    const { resourceVersion } = node.metadata;
    await call.send(answer(call, context.messages.objectContent(node), { resourceVersion }), node);
  } else if (context.rules.profile.answersMissing) {
    const missing = new ApiError('NotFound', 404, `nodes "${call.name}" not found`, {
      name: call.name,
      kind: 'nodes',
    });
    await call.send(answer(call, errStatus(missing)));
  }
};

function isExisting(error: unknown): boolean {
  return hasCode(error, 'ERR_API') && (error as ApiError).reason === 'AlreadyExists';
}
