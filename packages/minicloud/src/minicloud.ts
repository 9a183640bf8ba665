import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText } from '@edgecore/api';
import { openStore, type Store } from '@edgecore/store';
import { createWebSocketServer } from '@edgecore/viaduct';
import { AdminServer } from './admin/admin-server.js';
import { CloudEmitter } from './cloud-events.js';
import { applyObject } from './cluster/apply-object.js';
import { watchCluster } from './cluster/cluster-events.js';
import { deleteObject } from './cluster/delete-object.js';
import { EndpointsController } from './cluster/endpoints-controller.js';
import { ensureKubernetesService } from './cluster/kubernetes-service.js';
import { NodeMonitor } from './cluster/node-monitor.js';
import { bindWaiting } from './cluster/pod-binding.js';
import { CloudDevices } from './devices/cloud-devices.js';
import { DeviceMessages } from './devices/device-messages.js';
import { watchDevices } from './devices/watch-devices.js';
import { DynamicController } from './dynamic/dynamic-controller.js';
import { MinicloudStartError } from './errors.js';
import { EDGE_VALIDITY_MS } from './https/certificate-rules.js';
import { CertificateServer } from './https/certificate-server.js';
import { Downstream } from './hub/downstream.js';
import { DownstreamMessages } from './hub/downstream-messages.js';
import { Hub } from './hub/hub.js';
import { hubRules } from './hub/hub-rules.js';
import { SyncRecords } from './hub/sync-records.js';
import { JoinTokens } from './join-tokens.js';
import { ManifestDirectory } from './manifests/manifest-directory.js';
import type { ManifestStep } from './manifests/manifest-plan.js';
import { MANIFEST_ANNOTATION } from './manifests/manifest-plan.js';
import { createCloudTables } from './objects/cloud-tables.js';
import { Kinds } from './objects/kinds.js';
import { ObjectStore } from './objects/object-store.js';
import { defaultPod } from './objects/pod-defaults.js';
import { type MinicloudOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { loadAuthority, loadTokenKey } from './pki/key-files.js';
import { Router } from './router/router.js';
import { type Closer, closeAll, type Minicloud, RunningCloud } from './running-cloud.js';
import { startCloudStream } from './stream/cloud-stream.js';
import { UpstreamDispatcher } from './upstream/dispatch.js';

/**
 * Starts a CloudCore in miniature: certificates, hub, objects, manifests. All
 * state is in `dataDir` and survives a restart.
 *
 * @throws {MinicloudStartError} naming what failed and what to do.
 */
export async function startMinicloud(options: MinicloudOptions): Promise<Minicloud> {
  const resolved = resolveOptions(options);
  const opened: Closer[] = [];
  try {
    return await assemble(resolved, opened);
  } catch (error) {
    // Why it did not start matters more than how it closed.
    await closeAll(opened).catch(() => {});
    if (error instanceof MinicloudStartError) throw error;
    throw new MinicloudStartError(`the cloud could not start: ${errorText(error)}`, { cause: error });
  }
}

async function assemble(options: ResolvedOptions, opened: Closer[]): Promise<Minicloud> {
  const { dataDir, profile, logger, now, host } = options;
  const rules = hubRules[profile];
  const authority = await loadAuthority(dataDir, now);
  const store = await openCloudStore(dataDir, options);
  opened.push(() => store.close());
  const objects = await ObjectStore.open(store, now);
  const sync = await SyncRecords.open(store);
  const tokens = await JoinTokens.start({ authority, dataDir, lifeMs: options.tokenLifeMs, now, logger });
  opened.push(() => tokens.stop());

  const events = new CloudEmitter((error) =>
    logger.error({ err: errorText(error) }, 'an event listener failed'),
  );
  const messages = new DownstreamMessages(rules);
  const { firstReportIsLost } = options;
  const devices = new CloudDevices({ objects, profile, firstReportIsLost });
  const monitor = new NodeMonitor({ objects, now, graceMs: options.nodeGraceMs, logger });
  const router = new Router({
    objects,
    profile,
    session: (node) => hub.session(node),
    logger,
  });
  const dynamic =
    profile === 'current' && options.dynamicController
      ? new DynamicController({ objects, messages, logger })
      : undefined;
  const upstream = new UpstreamDispatcher({
    objects,
    devices,
    rules,
    messages,
    monitor,
    events,
    router,
    dynamic,
    tokenKey: await loadTokenKey(dataDir),
    caPem: authority.certPem,
    advertiseAddress: options.advertiseAddresses[0] ?? host,
    now,
    logger,
  });
  const hub: Hub = new Hub({
    rules,
    sync,
    timing: { ackIntervalMs: options.ackIntervalMs, sends: 5, retryBaseMs: 5 },
    keepaliveTimeoutMs: options.keepaliveTimeoutMs,
    resyncIntervalMs: options.resyncIntervalMs,
    logger,
    onMessage: (session, message) => upstream.dispatch(session, message),
    onConnected: (node) => {
      router.nodeConnected(node);
      events.emit('nodeConnected', { node });
      downstream.connected(node);
    },
    onDisconnected: (node) => {
      router.nodeLeft(node);
      events.emit('nodeDisconnected', { node });
    },
    resync: (session) => downstream.resync(session),
  });
  const downstream: Downstream = new Downstream({
    objects,
    sync,
    rules,
    messages,
    deviceMessages: new DeviceMessages(profile, now),
    session: (node) => hub.session(node),
    logger,
  });

  opened.push(
    router.start(),
    downstream.start(),
    bindWaiting(objects, logger),
    watchCluster(objects, events),
    new EndpointsController({ objects, now, logger }).start(),
  );
  if (dynamic) {
    await ensureKubernetesService(objects);
    opened.push(dynamic.start());
  }
  opened.push(watchDevices(objects, devices, events, logger));
  monitor.start();
  opened.push(() => monitor.stop());

  const server = await authority.issueServer(options.advertiseAddresses, EDGE_VALIDITY_MS[profile]);
  const https = await CertificateServer.listen({
    authority,
    server,
    profile,
    host,
    port: options.httpsPort,
    now,
    nodeExists: (name) => objects.get(Kinds.node, '', name) !== undefined,
    logger,
  });
  opened.push(() => https.close());
  const transport = await createWebSocketServer({
    host,
    port: options.hubPort,
    tls: { ...server, ca: authority.certPem },
    logger,
  });
  const serving = hub.run(transport);
  opened.push(async () => {
    await transport.close();
    await serving;
  });

  const stream = await startCloudStream({ options, objects, authority, server, hub });
  opened.push(() => stream.close());

  const cloud = new RunningCloud({
    options,
    objects,
    devices,
    hub,
    events,
    router,
    tokens,
    hubPort: transport.address.port,
    httpsPort: https.port,
    stream,
    opened,
  });
  if (options.adminSocket !== false) {
    const admin = await AdminServer.listen(options.adminSocket, cloud, logger);
    opened.push(() => admin.close());
  }
  if (options.manifestsDir !== undefined) {
    opened.push(await followManifests(options.manifestsDir, options, objects));
  }
  return cloud;
}

async function openCloudStore(dataDir: string, { logger, now }: ResolvedOptions): Promise<Store> {
  const path = join(dataDir, 'cloud.db');
  const store = await openStore({ path, log: logger, now });
  await createCloudTables(store);
  // It holds secrets; the log files beside it keep the mode they were made with.
  for (const file of [path, `${path}-wal`, `${path}-shm`]) await chmod(file, 0o600).catch(ignoreMissing);
  return store;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function followManifests(
  dir: string,
  options: ResolvedOptions,
  objects: ObjectStore,
): Promise<() => Promise<void>> {
  const { logger, now } = options;
  const kinds = Object.values(Kinds).filter(({ applicable }) => applicable);
  const directory = new ManifestDirectory({
    dir,
    debounceMs: options.manifestDebounceMs,
    rescanMs: options.manifestRescanMs,
    logger,
    current: () => kinds.flatMap((kind) => objects.list(kind).map((object) => ({ kind, object }))),
    completePod: defaultPod,
    act: (step) => actOnStep(step, objects, now),
  });
  await directory.start();
  // A pod that has to be replaced is applied again once the old one is gone.
  const unsubscribe = objects.subscribe(({ type, object }) => {
    if (type === 'deleted' && object.metadata.annotations?.[MANIFEST_ANNOTATION]) directory.touch();
  });
  return () => {
    unsubscribe();
    return directory.stop();
  };
}

async function actOnStep(step: ManifestStep, objects: ObjectStore, now: () => number): Promise<void> {
  if (step.do === 'apply') await applyObject(objects, step.kind, step.object);
  else await deleteObject(objects, step.kind, step.namespace, step.name, now());
}
