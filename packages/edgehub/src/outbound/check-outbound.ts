import { CONTROL_OPERATIONS, errorText, Operation, ResourceType } from '@edgecore/api';
import { encodeMessage, type Message } from '@edgecore/beehive';

/** What is wrong with an outgoing message, or its size as it will be written. */
export type OutboundCheck = { readonly problem: string } | { readonly bytes: number };

/** Types a 2020 or today's cloud handles only as `<namespace>/<type>/<name>`; a lease without a name ends a cloud worker (wire.md §6.2). */
const NAMED_TYPES: ReadonlySet<string> = new Set([
  ResourceType.pod,
  ResourceType.podpatch,
  ResourceType.configmap,
  ResourceType.secret,
  ResourceType.node,
  ResourceType.nodestatus,
  ResourceType.nodepatch,
  ResourceType.service,
  ResourceType.endpoints,
  ResourceType.persistentvolume,
  ResourceType.persistentvolumeclaim,
  ResourceType.volumeattachment,
  ResourceType.event,
  ResourceType.serviceaccounttoken,
  ResourceType.lease,
  ResourceType.certificatesigningrequest,
]);

/** Sources whose resources are topics, URLs or device paths, not `<namespace>/<type>/<name>`. */
const FREE_FORM_SOURCES: ReadonlySet<string> = new Set(['bus', 'servicebus', 'twin', 'metaserver']);

/** Checks a message of a module before it is queued (edgehub.md §10). */
export function checkOutbound(message: Message, maxMessageBytes: number): OutboundCheck {
  const problem = operationProblem(message) ?? resourceProblem(message);
  if (problem !== undefined) return { problem };
  let bytes: number;
  try {
    bytes = Buffer.byteLength(encodeMessage(message));
  } catch (error) {
    return { problem: `its content cannot be written as JSON: ${errorText(error)}` };
  }
  if (bytes > maxMessageBytes) {
    return { problem: `it has ${bytes} bytes, the limit is ${maxMessageBytes} (maxMessageBytes)` };
  }
  return { bytes };
}

function operationProblem({ operation }: Message): string | undefined {
  if (operation === '') return 'it has no operation';
  if (CONTROL_OPERATIONS.has(operation)) return `operation "${operation}" is reserved for the transport`;
  return undefined;
}

function resourceProblem({ operation, resource, source, parentId }: Message): string | undefined {
  if (operation === Operation.response || operation === Operation.error || parentId !== '') return undefined;
  if (resource === '') return `operation "${operation}" needs a resource`;
  if (operation === Operation.upload || FREE_FORM_SOURCES.has(source)) return undefined;
  const parts = resource.split('/');
  if (!NAMED_TYPES.has(parts[1] ?? '')) return undefined;
  if (parts.length === 3 && parts.every((part) => part !== '')) return undefined;
  return `resource "${resource}" is not <namespace>/${parts[1]}/<name>`;
}
