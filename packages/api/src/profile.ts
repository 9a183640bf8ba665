import { CloudSource, Group, ModuleName } from './groups.js';
import { isErrStatus } from './kube.js';
import { isVolumeOperation, Operation } from './operations.js';
import { OK } from './payloads.js';
import { ResourceType } from './resources.js';

/** The two clouds we speak to (compat.md §1). */
export type CloudProfileName = '2020' | 'current';

/** The configured choice; `auto` lets EdgeHub find out (compat.md §1). */
export type CloudProfileSetting = 'auto' | CloudProfileName;

/** What {@link CloudProfile.needsAck} looks at. */
export interface DownstreamRoute {
  readonly source: string;
  readonly group: string;
  readonly operation: string;
  readonly resource: string;
  readonly content: unknown;
}

/** What {@link CloudProfile.isAnswered} looks at; every message has it. */
export interface UpstreamRoute {
  readonly parentId: string;
  readonly source: string;
  readonly operation: string;
  readonly resource: string;
}

/**
 * All differences between the clouds, as data and a few functions
 * (compat.md). Modules ask the profile; they never compare names.
 */
export interface CloudProfile {
  readonly name: CloudProfileName;
  /** MetaManager's `route.source` (beehive.md §1). */
  readonly metaManagerName: string;
  /** Node registration and status dialect (edged.md §10.3). */
  readonly nodeDialect: 'legacy' | 'modern';
  /** Pod status goes up as `podstatus` update or `podpatch` patch (metamanager.md §10). */
  readonly podStatusForm: 'podstatus' | 'podpatch';
  /** Content of a pod deletion report (wire.md §6.2 U8). */
  readonly podDeleteForm: 'uid' | 'deleteOptions';
  /** False: the cloud never answers pod statuses, deletions and twin reports (compat.md §2, §3). */
  readonly answersReports: boolean;
  /** False: a query for a missing object is met with silence (compat.md §2). */
  readonly answersMissing: boolean;
  /** Tokens, leases, events, CSRs, patches and metaserver applications exist (metamanager.md §10). */
  readonly hasModernResources: boolean;
  /** The 60 s `podstatus` batch (metamanager.md §7). */
  readonly batchesPodStatus: boolean;
  /** Certificates can be renewed with the client certificate (edgehub.md §4). */
  readonly rotatesCertificates: boolean;
  /** What follows `device/<id>/` in the resource of a state report (devicetwin.md §7.3). */
  readonly deviceStateResource: 'state' | 'state/update';
  /** Key of the time a device was last online, and with it its form (devicetwin.md §7.3). */
  readonly deviceStateTime: 'last_online' | 'lastOnlineTime';
  /** The cloud forgets the first value of each property it is told: it has to hear it twice (devicetwin.md §8.4). */
  readonly losesFirstReport: boolean;
  /** Resource types a connected MetaManager asks the cloud for (metamanager.md §5). */
  readonly remoteTypes: ReadonlySet<string>;
  /** Of these, a row of the database is answer enough; pushed updates keep it fresh (metamanager.md §5, compat.md §7). */
  readonly databaseFirstTypes: ReadonlySet<string>;
  /** Must the edge acknowledge this downstream message (wire.md §5.4)? */
  needsAck(route: DownstreamRoute): boolean;
  /**
   * Does this cloud answer this upstream message (wire.md §6.2)? False for
   * reports it takes in silence: for those EdgeHub answers a request with `OK`
   * once the write to the socket was confirmed. True for every question, even
   * where the cloud stays silent about a missing object: only the cloud can
   * answer it, and its sender waits with a deadline.
   */
  isAnswered(message: UpstreamRoute): boolean;
}

/** Operations nobody ever answers: answers themselves, keepalive, `membership/detail`, task results. */
const NEVER_ANSWERED: ReadonlySet<string> = new Set([
  Operation.response,
  Operation.error,
  Operation.keepalive,
  Operation.get,
  Operation.updateNodeActionStatus,
  'upgrade',
  'prepull',
]);

/** What holds for both clouds. */
function isAnsweredByAny({ parentId, source, operation, resource }: UpstreamRoute): boolean {
  if (parentId !== '' || NEVER_ANSWERED.has(operation)) return false;
  if (operation === Operation.query) return true;
  // An upload of ServiceBus is answered by the router (U25, D22), one of EventBus is not (U24).
  if (operation === Operation.upload) return source === ModuleName.servicebus;
  return source === ModuleName.twin || typeOf(resource) !== ResourceType.event;
}

function typeOf(resource: string): string {
  return resource.split('/')[1] ?? '';
}

function contains(resource: string, words: readonly string[]): boolean {
  return words.some((word) => resource.includes(word));
}

export const profile2020: CloudProfile = {
  name: '2020',
  metaManagerName: 'metaManager',
  nodeDialect: 'legacy',
  podStatusForm: 'podstatus',
  podDeleteForm: 'uid',
  answersReports: false,
  answersMissing: false,
  hasModernResources: false,
  batchesPodStatus: true,
  rotatesCertificates: false,
  deviceStateResource: 'state',
  deviceStateTime: 'last_online',
  losesFirstReport: false,
  remoteTypes: new Set([
    ResourceType.configmap,
    ResourceType.secret,
    ResourceType.endpoints,
    ResourceType.persistentvolume,
    ResourceType.persistentvolumeclaim,
    ResourceType.volumeattachment,
    ResourceType.node,
  ]),
  databaseFirstTypes: new Set([
    ResourceType.configmap,
    ResourceType.secret,
    ResourceType.endpoints,
    ResourceType.persistentvolume,
    ResourceType.persistentvolumeclaim,
  ]),
  needsAck({ source, group, operation, resource, content }) {
    if (group !== Group.resource) return false;
    if (contains(resource, ['podlist', 'servicelist', 'endpointslist', 'membership', 'twin/cloud_updated']))
      return false;
    if (operation === Operation.response && content === OK) return false;
    if (source === CloudSource.edgecontroller && typeOf(resource) === ResourceType.node) return false;
    return true;
  },
  isAnswered(message) {
    if (!isAnsweredByAny(message)) return false;
    const { source, operation, resource } = message;
    if (operation === Operation.query) return true;
    if (source === ModuleName.twin) return false;
    const type = typeOf(resource);
    if (type === ResourceType.podstatus) return false;
    return !(type === ResourceType.pod && operation === Operation.delete);
  },
};

const CURRENT_NO_ACK_TYPES: ReadonlySet<string> = new Set([
  ResourceType.lease,
  ResourceType.nodepatch,
  ResourceType.podpatch,
  ResourceType.podstatus,
  ResourceType.certificatesigningrequest,
]);

export const profileCurrent: CloudProfile = {
  name: 'current',
  metaManagerName: 'metamanager',
  nodeDialect: 'modern',
  podStatusForm: 'podpatch',
  podDeleteForm: 'deleteOptions',
  answersReports: true,
  answersMissing: true,
  hasModernResources: true,
  batchesPodStatus: false,
  rotatesCertificates: true,
  deviceStateResource: 'state/update',
  deviceStateTime: 'lastOnlineTime',
  losesFirstReport: true,
  remoteTypes: new Set([
    ResourceType.configmap,
    ResourceType.secret,
    ResourceType.persistentvolume,
    ResourceType.persistentvolumeclaim,
    ResourceType.volumeattachment,
    ResourceType.serviceaccounttoken,
    ResourceType.lease,
    ResourceType.certificatesigningrequest,
  ]),
  databaseFirstTypes: new Set([ResourceType.configmap, ResourceType.secret]),
  needsAck({ source, group, operation, resource, content }) {
    if (group !== Group.resource) return false;
    if (
      contains(resource, ['podlist', 'membership', 'twin/cloud_updated', 'serviceaccounttoken', 'k8s/ca.crt'])
    ) {
      return false;
    }
    if (operation === Operation.response && (content === OK || isErrStatus(content))) return false;
    if (operation === Operation.applicationResponse || isVolumeOperation(operation)) return false;
    if (source === CloudSource.edgecontroller) {
      const type = typeOf(resource);
      if (CURRENT_NO_ACK_TYPES.has(type)) return false;
      if (type === ResourceType.node && operation !== Operation.update) return false;
      if (type === ResourceType.pod && operation === Operation.response) return false;
    }
    return true;
  },
  isAnswered: isAnsweredByAny,
};

export const cloudProfiles: Readonly<Record<CloudProfileName, CloudProfile>> = {
  '2020': profile2020,
  current: profileCurrent,
};

/**
 * Reads a configured profile; YAML's integer `2020` is accepted (config.md §9 L2).
 * @throws {TypeError} for anything but `auto`, `2020` and `current`.
 */
export function parseCloudProfile(value: unknown): CloudProfileSetting {
  const text = String(value);
  if (text === 'auto' || text === '2020' || text === 'current') return text;
  throw new TypeError(`cloudProfile must be auto, 2020 or current, not "${text}"`);
}
