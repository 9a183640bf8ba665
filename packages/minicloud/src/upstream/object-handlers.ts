import { isRecord, type KubeObject } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { errStatus, notFound } from '../objects/api-status.js';
import { type Kind, Kinds } from '../objects/kinds.js';
import { withoutType } from '../objects/stored-object.js';
import { answer, objectAnswer, objectFailure, type UpstreamHandler } from './upstream-call.js';

/**
 * U6: an object with its version. Missing: the Status of today's cloud, where
 * a lister calls the kind `word`; silence from 2020's.
 */
export function query(kind: Kind, word: string = kind.type): UpstreamHandler {
  return async (call, context) => {
    const object = context.objects.get(kind, call.namespace, call.name);
    if (object) {
      const { resourceVersion } = object.metadata;
      await call.send(answer(call, context.messages.objectContent(object), { resourceVersion }), object);
    } else if (context.rules.profile.answersMissing) {
      await call.send(answer(call, errStatus(notFound(kind, call.name, word))));
    }
  };
}

/** Volumes do not exist here: every one of them is missing. */
export function queryMissing(plural: string): UpstreamHandler {
  return async (call, { rules }) => {
    if (!rules.profile.answersMissing) return;
    const { name } = call;
    const missing = new ApiError('NotFound', 404, `${plural} "${name}" not found`, { name, kind: plural });
    await call.send(answer(call, errStatus(missing)));
  };
}

/** U13: lease query. Found, the object carries its type; missing, a lister answers (edged.md §10.2). */
export const queryLease: UpstreamHandler = async (call, { objects }) => {
  const lease = objects.get(Kinds.lease, call.namespace, call.name);
  if (lease) await call.send(answer(call, { Object: lease, Err: null }));
  else {
    const Err = errStatus(notFound(Kinds.lease, call.name, 'lease'));
    await call.send(answer(call, { Object: null, Err }));
  }
};

const EMPTY_LEASE: KubeObject = { metadata: { creationTimestamp: null }, spec: {} };

export const insertLease: UpstreamHandler = async (call, context) => {
  try {
    const lease = await context.objects.create(Kinds.lease, objectOf(call.message.content, call));
    context.monitor.seen(call.name);
    await call.send(objectAnswer(call, lease, { versioned: false }));
  } catch (error) {
    await call.send(objectFailure(call, error, EMPTY_LEASE));
  }
};

export const updateLease: UpstreamHandler = async (call, context) => {
  try {
    const given = objectOf(call.message.content, call);
    const lease = await context.objects.update(Kinds.lease, call.namespace, call.name, (draft) => {
      const version = given.metadata?.resourceVersion;
      if (version !== undefined && version !== draft.metadata.resourceVersion) {
        const details = { name: call.name, group: 'coordination.k8s.io', kind: 'leases' };
        const text = `Operation cannot be fulfilled on leases.coordination.k8s.io "${call.name}": the object has been modified; please apply your changes to the latest version and try again`;
        throw new ApiError('Conflict', 409, text, details);
      }
      return { ...draft, ...withoutType(given), metadata: { ...draft.metadata, ...given.metadata } };
    });
    context.monitor.seen(call.name);
    await call.send(objectAnswer(call, lease, { versioned: false }));
  } catch (error) {
    await call.send(objectFailure(call, error, EMPTY_LEASE));
  }
};

/** U15: kept, never approved: nobody signs serving certificates here. */
export const insertSigningRequest: UpstreamHandler = async (call, context) => {
  try {
    const { namespace: _namespace, ...metadata } = objectOf(call.message.content, call).metadata ?? {};
    const given = isRecord(call.message.content) ? call.message.content : {};
    const request = await context.objects.create(Kinds.signingRequest, { ...given, metadata });
    await call.send(objectAnswer(call, request, { versioned: false }));
  } catch (error) {
    await call.send(
      objectFailure(call, error, { metadata: { creationTimestamp: null }, spec: {}, status: {} }),
    );
  }
};

function objectOf(content: unknown, { namespace, name }: { namespace: string; name: string }): KubeObject {
  const object = isRecord(content) ? (content as KubeObject) : {};
  return { ...object, metadata: { ...object.metadata, namespace, name } };
}
