import { isRecord, type KubeObject, recordsOf } from '@edgecore/api';
import { withCanonical } from './quantity.js';
import { type Fields, specOf } from './stored-object.js';

/** Fills in what the API server would (defaulting of `v1.Pod`), and the initial status. */
export function defaultPod(pod: KubeObject): KubeObject {
  const spec = specOf(pod);
  const containers = recordsOf(spec['containers']).map(defaultContainer);
  const initContainers = recordsOf(spec['initContainers']).map(defaultContainer);
  return {
    ...pod,
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      ...spec,
      ...(spec['volumes'] === undefined ? {} : { volumes: recordsOf(spec['volumes']).map(defaultVolume) }),
      ...(initContainers.length > 0 ? { initContainers } : {}),
      containers,
    },
    status: { phase: 'Pending', qosClass: qosClass([...initContainers, ...containers]) },
  };
}

function defaultContainer(container: Fields): Fields {
  const { ports, resources } = container;
  return {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: defaultPullPolicy(String(container['image'] ?? '')),
    ...container,
    ...(isRecord(resources) ? { resources: defaultResources(resources) } : {}),
    ...(ports === undefined ? {} : { ports: recordsOf(ports).map((port) => ({ protocol: 'TCP', ...port })) }),
    ...probes(container),
  };
}

/** A limit without a request is also the request. */
function defaultResources(resources: Fields): Fields {
  const { limits, requests, ...rest } = withCanonical(resources, ['limits', 'requests']);
  const asked = { ...(isRecord(limits) ? limits : {}), ...(isRecord(requests) ? requests : {}) };
  return {
    ...rest,
    ...(limits === undefined ? {} : { limits }),
    ...(Object.keys(asked).length > 0 ? { requests: asked } : {}),
  };
}

function probes(container: Fields): Fields {
  const result: Fields = {};
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[name];
    if (!isRecord(probe)) continue;
    result[name] = {
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
      ...probe,
    };
    const get = probe['httpGet'];
    if (isRecord(get)) (result[name] as Fields)['httpGet'] = { path: '/', scheme: 'HTTP', ...get };
  }
  return result;
}

/** Files of config maps and secrets are 0644 unless said otherwise. */
function defaultVolume(volume: Fields): Fields {
  const result = { ...volume };
  for (const source of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    const value = volume[source];
    if (isRecord(value)) result[source] = { defaultMode: 0o644, ...value };
  }
  const host = volume['hostPath'];
  if (isRecord(host)) result['hostPath'] = { type: '', ...host };
  return result;
}

/** `Always` for `latest` or no tag; a digest counts as a tag. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

/** Kubernetes' rule: all limits equal to requests, none at all, or something between. */
export function qosClass(containers: readonly Fields[]): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  let any = false;
  let guaranteed = containers.length > 0;
  for (const container of containers) {
    const resources = isRecord(container['resources']) ? container['resources'] : {};
    const limits = isRecord(resources['limits']) ? resources['limits'] : {};
    const requests = { ...limits, ...(isRecord(resources['requests']) ? resources['requests'] : {}) };
    for (const name of ['cpu', 'memory']) {
      if (limits[name] !== undefined || requests[name] !== undefined) any = true;
      if (limits[name] === undefined || requests[name] !== limits[name]) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
