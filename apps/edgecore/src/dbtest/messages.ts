import { CloudSource, Group, isRecord, ModuleName, Operation } from '@edgecore/api';
import { createMessage, type Message } from '@edgecore/beehive';

/** What a request of the test server becomes, or why it cannot. */
export type Injection = { readonly to: string; readonly message: Message } | { readonly error: string };

/** Resource types the server takes, by path. */
export type InjectedKind = 'pods' | 'devices' | 'configmap' | 'secret';

const OPERATION: Readonly<Record<string, string>> = {
  POST: Operation.insert,
  PUT: Operation.update,
  DELETE: Operation.delete,
};

/** The operation a method stands for; `undefined` for one that is not allowed. */
export function operationOf(method: string): string | undefined {
  return OPERATION[method];
}

/** Uid of the pod the node has under a name; `undefined` when there is none. */
export type UidOfPod = (namespace: string, name: string) => string | undefined;

/** The message the cloud would have sent for an object put in by hand (dbtest.md). */
export function injection(
  kind: InjectedKind,
  operation: string,
  body: unknown,
  uidOfPod: UidOfPod,
): Injection {
  if (kind === 'devices') {
    const fields = { source: 'edgemgr', group: 'edgehub', operation, resource: 'membership', content: body };
    return { to: ModuleName.twin, message: createMessage<unknown>(fields) };
  }
  if (!isRecord(body)) return { error: 'the body is not an object' };
  const metadata = isRecord(body['metadata']) ? body['metadata'] : {};
  const { name, namespace, uid } = metadata;
  for (const [key, value] of Object.entries({ name, namespace, uid })) {
    if (value !== undefined && (typeof value !== 'string' || value.includes('/'))) {
      return { error: `metadata.${key} must be a text without "/"` };
    }
  }
  return kind === 'pods'
    ? podMessage(operation, body, metadata, uidOfPod)
    : objectMessage(kind, operation, body, metadata);
}

interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
}

function podMessage(
  operation: string,
  body: Record<string, unknown>,
  metadata: Metadata,
  uidOfPod: UidOfPod,
): Injection {
  if (!metadata.name) return { error: 'metadata.name is missing' };
  const namespace = metadata.namespace || 'default';
  // The agent's database knows no pod without both; the same name must stay the same pod.
  const uid = metadata.uid || uidOfPod(namespace, metadata.name) || `dbtest-${namespace}-${metadata.name}`;
  const content = { ...body, metadata: { ...metadata, namespace, uid } };
  return {
    to: ModuleName.metamanager,
    message: createMessage<unknown>({
      source: CloudSource.edgecontroller,
      group: Group.resource,
      parentId: uid,
      operation,
      resource: `${namespace}/pod/${metadata.name}`,
      content,
    }),
  };
}

function objectMessage(
  kind: 'configmap' | 'secret',
  operation: string,
  content: Record<string, unknown>,
  { name, namespace, uid }: Metadata,
): Injection {
  // Upstream's form is the literal namespace with the uid as name; a pod could never refer to that.
  const resource = namespace && name ? `${namespace}/${kind}/${name}` : `fakeNamespace/${kind}/${uid ?? ''}`;
  if (resource.endsWith('/')) return { error: 'metadata needs namespace and name, or a uid' };
  return {
    to: ModuleName.metamanager,
    message: createMessage<unknown>({
      source: 'test',
      group: 'edgehub',
      parentId: uid ?? '',
      operation,
      resource,
      content,
    }),
  };
}
