import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredObject } from '@edgecore/minicloud';
import Database from 'better-sqlite3';
import { type EdgeSite, isRunning, mountsBelow } from './edge-site.js';
import { logsDirectory, podsDirectory } from './node-config.js';

/** What does not fit, in sentences; empty when the cloud, the database, the engine and the disk agree. */
export async function disagreements(site: EdgeSite): Promise<string[]> {
  const pods = site.cloud.pods();
  return [
    ...pods.filter((pod) => !isRunning(pod)).map((pod) => `${pod.metadata.name} does not run: ${brief(pod)}`),
    ...(await engineProblems(site, pods)),
    ...databaseProblems(site, pods),
    ...(await diskProblems(site, pods)),
  ];
}

/** Exactly one running container per name of each pod, one sandbox, and nothing else. */
async function engineProblems({ engine }: EdgeSite, pods: readonly StoredObject[]): Promise<string[]> {
  const wanted = pods.flatMap((pod) => ['POD', ...namesOf(pod)].map((name) => `${pod.metadata.uid} ${name}`));
  const found = await engine.list();
  const running = found.filter((one) => one.running).map(({ podUid, name }) => `${podUid} ${name}`);
  const known = new Set(pods.map(({ metadata }) => metadata.uid));
  return [
    ...different('the engine', wanted, running),
    ...found
      .filter(({ podUid }) => !known.has(podUid))
      .map((one) => `left in the engine: ${JSON.stringify(one)}`),
  ];
}

/** The database holds the cloud's pods and no others, in their latest form. */
function databaseProblems(site: EdgeSite, pods: readonly StoredObject[]): string[] {
  const wanted = pods.map(({ metadata }) => `${metadata.uid} ${metadata.labels?.['revision']}`);
  const stored = storedObjects(site)
    .filter(({ type }) => type === 'pod')
    .map(({ object }) => `${object.metadata.uid} ${object.metadata.labels?.['revision']}`);
  return different('the database', wanted, stored);
}

/** No directory, log or mount of a pod that is gone. */
async function diskProblems({ dir }: EdgeSite, pods: readonly StoredObject[]): Promise<string[]> {
  const known = pods.map(({ metadata }) => metadata.uid);
  const directories = await readdir(join(podsDirectory(dir), 'pods')).catch(() => []);
  const logs = (await readdir(logsDirectory(dir)).catch(() => [])).map((name) => name.split('_').at(-1)!);
  const mounts = await mountsBelow(podsDirectory(dir));
  return [
    ...different('the pod directories', known, directories),
    ...different('the logs', known, logs),
    ...mounts
      .filter((path) => !known.some((uid) => path.includes(uid)))
      .map((path) => `still mounted: ${path}`),
  ];
}

interface StoredRow {
  readonly type: string;
  readonly object: StoredObject;
}

/** The node's copies of the cloud's objects. */
export function storedObjects({ dir }: EdgeSite): StoredRow[] {
  return query<{ type: string; value: string }>(
    join(dir, 'edgecore.db'),
    "SELECT type, value FROM meta WHERE type IN ('pod', 'configmap', 'secret')",
  ).map(({ type, value }) => ({ type, object: JSON.parse(value) as StoredObject }));
}

/** What the cloud believes the node has: object and version, as the node confirmed them. */
export interface Confirmed {
  readonly uid: string;
  readonly kind: string;
  readonly name: string;
  readonly version: string;
}

export function confirmedObjects({ dir }: EdgeSite): Confirmed[] {
  return query<Confirmed>(
    join(dir, 'cloud', 'cloud.db'),
    "SELECT uid, kind, name, version FROM cloud_sync WHERE version <> '0' AND kind IN ('Pod', 'ConfigMap', 'Secret')",
  );
}

/**
 * Objects the cloud holds for delivered that the node's database does not have, or only older. The agent must not run:
 * while it does, confirmations are on their way.
 */
export function lostObjects(site: EdgeSite): string[] {
  const stored = new Map(storedObjects(site).map(({ object }) => [object.metadata.uid, object]));
  return confirmedObjects(site).flatMap(({ uid, kind, name, version }) => {
    // What the cloud has removed may be gone here, too, with the confirmation of that still on its way.
    if (site.cloud.get(kind, 'default', name)?.metadata.uid !== uid) return [];
    const have = stored.get(uid)?.metadata.resourceVersion;
    if (have === undefined) return [`${kind} ${name} was confirmed in version ${version}, and is not stored`];
    return Number(have) < Number(version)
      ? [`${kind} ${name} was confirmed in version ${version}, stored is ${have}`]
      : [];
  });
}

function query<Row>(path: string, sql: string): Row[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare(sql).all() as Row[];
  } finally {
    db.close();
  }
}

function different(where: string, wanted: readonly string[], found: readonly string[]): string[] {
  const left = [...found];
  const missing = wanted.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [
    ...missing.map((one) => `${where} lacks ${one}`),
    ...left.map((one) => `${where} has too much: ${one}`),
  ];
}

function namesOf(pod: StoredObject): string[] {
  const { containers } = pod['spec'] as { containers: { name: string }[] };
  return containers.map(({ name }) => name);
}

function brief({ metadata, ...pod }: StoredObject): string {
  return JSON.stringify({ deletion: metadata.deletionTimestamp, status: pod['status'] }).slice(0, 600);
}
