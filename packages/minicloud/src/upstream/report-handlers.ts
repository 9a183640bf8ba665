import { CloudSource, isRecord, type KubeObject, Resource } from '@edgecore/api';
import { issueAccountToken } from '../pki/service-account-token.js';
import { answer, type UpstreamHandler } from './upstream-call.js';

/** U14: a token for a service account; every account exists here. */
export const requestToken: UpstreamHandler = async (call, context) => {
  const content = isRecord(call.message.content) ? call.message.content : {};
  const token = issueAccountToken({
    key: context.tokenKey,
    namespace: call.namespace,
    account: call.name,
    spec: content['spec'],
    nowMs: context.now(),
  });
  await call.send(answer(call, token));
};

/** U22: the CA pods verify the API server with. */
export const queryCa: UpstreamHandler = async (call, { caPem }) => {
  await call.send(answer(call, caPem, { source: CloudSource.cloudhub, resource: Resource.clusterCa }));
};

/** U16: Kubernetes events are told to listeners, never answered. */
export const reportEvent: UpstreamHandler = async ({ node, message }, { events }) => {
  const { content } = message;
  const event = isRecord(content) && isRecord(content['event']) ? content['event'] : content;
  if (isRecord(event)) events.emit('event', { node, event: event as KubeObject });
};
