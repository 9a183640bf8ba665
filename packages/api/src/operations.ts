/** Operation words of `route.operation` (wire.md §1.2). */
export const Operation = {
  insert: 'insert',
  delete: 'delete',
  query: 'query',
  update: 'update',
  patch: 'patch',
  response: 'response',
  error: 'error',
  upload: 'upload',
  get: 'get',
  keepalive: 'keepalive',
  /** Connection event inside the edge, as EdgeHub emits it (edgehub.md §5.3). */
  publish: 'publish',
  /** The same event as emitted by today's Go edge; accepted on input. */
  connect: 'connect',
  subscribe: 'subscribe',
  unsubscribe: 'unsubscribe',
  unholdUpgrade: 'unhold-upgrade',
  createVolume: 'createvolume',
  deleteVolume: 'deletevolume',
  controllerPublishVolume: 'controllerpublishvolume',
  controllerUnpublishVolume: 'controllerunpublishvolume',
  updateNodeActionStatus: 'UpdateNodeActionStatus',
  applicationResponse: 'applicationResponse',
} as const;

const VOLUME_OPERATIONS: ReadonlySet<string> = new Set([
  Operation.createVolume,
  Operation.deleteVolume,
  Operation.controllerPublishVolume,
  Operation.controllerUnpublishVolume,
]);

/** CSI controller calls from the cloud (wire.md §6.1 D23). */
export function isVolumeOperation(operation: string): boolean {
  return VOLUME_OPERATIONS.has(operation);
}

/** Words viaduct consumes itself; never an application operation (wire.md §2.5). */
export const CONTROL_OPERATIONS: ReadonlySet<string> = new Set(['config', 'ping', 'pong']);
