import {
  type CloudProfileName,
  errorText,
  ModuleName,
  Operation,
  Resource,
  ResourceType as Type,
} from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import type { NodeSession } from '../hub/node-session.js';
import { Kinds } from '../objects/kinds.js';
import { isRouted, routeUpload } from '../router/upload-handler.js';
import { askDynamicController } from './application-handler.js';
import * as devices from './device-handlers.js';
import * as nodes from './node-handlers.js';
import * as objects from './object-handlers.js';
import * as pods from './pod-handlers.js';
import * as reports from './report-handlers.js';
import type { UpstreamCall, UpstreamContext, UpstreamHandler } from './upstream-call.js';

type Table = ReadonlyMap<string, UpstreamHandler>;

const COMMON: readonly (readonly [string, UpstreamHandler])[] = [
  [`${Operation.insert} ${Type.nodestatus}`, nodes.registerByStatus],
  [`${Operation.update} ${Type.nodestatus}`, nodes.updateStatus],
  [`${Operation.update} ${Type.node}`, nodes.updateMetadata],
  [`${Operation.query} ${Type.node}`, nodes.queryNode],
  [`${Operation.update} ${Type.podstatus}`, pods.updatePodStatus],
  [`${Operation.delete} ${Type.pod}`, pods.deletePodReport],
  [`${Operation.query} ${Type.configmap}`, objects.query(Kinds.configMap)],
  [`${Operation.query} ${Type.secret}`, objects.query(Kinds.secret)],
  [`${Operation.query} ${Type.persistentvolume}`, objects.queryMissing('persistentvolumes')],
  [`${Operation.query} ${Type.persistentvolumeclaim}`, objects.queryMissing('persistentvolumeclaims')],
  [`${Operation.query} ${Type.volumeattachment}`, objects.queryMissing('volumeattachments')],
];

/** What each cloud understands; everything else is ignored without an answer (compat.md §2). */
const TABLES: Readonly<Record<CloudProfileName, Table>> = {
  '2020': new Map([
    ...COMMON,
    [`${Operation.query} ${Type.service}`, objects.query(Kinds.service)],
    [`${Operation.query} ${Type.endpoints}`, objects.query(Kinds.endpoints)],
  ]),
  current: new Map([
    ...COMMON,
    [`${Operation.insert} ${Type.node}`, nodes.registerNode],
    [`${Operation.patch} ${Type.nodepatch}`, nodes.patchStatus],
    [`${Operation.patch} ${Type.podpatch}`, pods.patchPodStatus],
    [`${Operation.insert} ${Type.pod}`, pods.createMirrorPod],
    [`${Operation.query} ${Type.lease}`, objects.queryLease],
    [`${Operation.insert} ${Type.lease}`, objects.insertLease],
    [`${Operation.update} ${Type.lease}`, objects.updateLease],
    [`${Operation.query} ${Type.serviceaccounttoken}`, reports.requestToken],
    [`${Operation.insert} ${Type.certificatesigningrequest}`, objects.insertSigningRequest],
    [`${Operation.query} ${Type.certificatesigningrequest}`, objects.query(Kinds.signingRequest)],
    [`${Operation.insert} ${Type.event}`, reports.reportEvent],
    [`${Operation.update} ${Type.event}`, reports.reportEvent],
    [`${Operation.patch} ${Type.event}`, reports.reportEvent],
  ]),
};

/** Ids of one level in 2020, of two today; the others are ignored (compat.md §3). */
const DEVICE: Readonly<Record<CloudProfileName, RegExp>> = {
  '2020': /^device\/[^/]+\/(twin\/edge_updated)$/,
  current: /^device\/[^/]+\/[^/]+\/(twin\/edge_updated|state\/update)$/,
};

/** Whoever in a node asks the dynamic controller says it is this. */
const METASERVER = 'metaserver';

/** Names an edge controller would not take from an edge (wire.md §5.2). */
const CLOUD_SOURCES: ReadonlySet<string> = new Set([
  'cloudhub',
  'cloudStream',
  'devicecontroller',
  'edgecontroller',
  'synccontroller',
]);

/** Handles what nodes send, in CloudHub's order of checks (wire.md §5.2). Keepalives are the hub's. */
export class UpstreamDispatcher {
  constructor(private readonly context: UpstreamContext) {}

  /** Never throws: one bad message is logged and the connection lives on. */
  async dispatch(session: NodeSession, message: Message): Promise<void> {
    const { logger } = this.context;
    const { node } = session;
    try {
      if (message.operation === Operation.response) session.acknowledge(message.parentId);
      else if (message.operation === Operation.error) {
        logger.warn({ node, id: message.parentId }, `the edge reports: ${String(message.content)}`);
      } else {
        const handler = this.#handlerOf(message);
        if (handler) await handler(callOf(session, message), this.context);
        else logger.debug({ node, operation: message.operation, resource: message.resource }, 'ignored');
      }
    } catch (error) {
      logger.error(
        { node, resource: message.resource, err: errorText(error) },
        'a message could not be handled',
      );
    }
  }

  #handlerOf(message: Message): UpstreamHandler | undefined {
    const { source, operation, resource } = message;
    const { name } = this.context.rules.profile;
    if (isRouted(message, name)) return routeUpload;
    if (name === 'current') {
      if (resource === Resource.clusterCa) return reports.queryCa;
      if (CLOUD_SOURCES.has(source)) return undefined;
      if (source === METASERVER) return askDynamicController;
    }
    if (source === ModuleName.twin) {
      const report = operation === Operation.update ? DEVICE[name].exec(resource)?.[1] : undefined;
      if (report === undefined) return undefined;
      return report === 'state/update' ? devices.reportState : devices.reportTwins;
    }
    const parts = resource.split('/');
    const complete = parts.length === 3 && parts.every((part) => part !== '');
    const batch = parts.length === 2 && parts[1] === Type.podstatus;
    return complete || batch ? TABLES[name].get(`${operation} ${parts[1]}`) : undefined;
  }
}

function callOf(session: NodeSession, message: Message): UpstreamCall {
  const [namespace = '', type = '', name = ''] = message.resource.split('/');
  return {
    node: session.node,
    session,
    message,
    namespace,
    type,
    name,
    send: (reply, object) => session.send(reply, object),
  };
}
