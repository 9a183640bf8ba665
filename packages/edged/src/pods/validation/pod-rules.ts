import { isRecord } from '@edgecore/api';
import {
  anObject,
  flag,
  ipAddress,
  listOf,
  mapOf,
  matching,
  objectOf,
  oneOf,
  portOrName,
  quantity,
  quantityOf,
  type Rule,
  required,
  text,
  whole,
} from './field-rules.js';

const MAX_INT32 = 2_147_483_647;
const seconds = whole(0, MAX_INT32);
const id = whole(0, MAX_INT32);
const texts = listOf(text);
const fileMode = whole(0, 0o777);
const port = whole(1, 65_535);

/** Names become parts of paths: no separators, no `.` or `..`. */
const name = required(
  matching(
    /^(?!.*\.\.)[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/,
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  ),
);

const reference = objectOf({ name: text, key: text, optional: flag });

const envVar = objectOf({
  name: required(matching(/^[^=\0]+$/, "must not contain '='")),
  value: text,
  valueFrom: objectOf({
    configMapKeyRef: reference,
    secretKeyRef: reference,
    fieldRef: objectOf({ fieldPath: required(text) }),
    resourceFieldRef: objectOf({ containerName: text, resource: required(text), divisor: quantity }),
  }),
});

const handlers = {
  exec: objectOf({ command: texts }),
  httpGet: objectOf({
    path: text,
    port: required(portOrName),
    host: text,
    scheme: oneOf('HTTP', 'HTTPS'),
    httpHeaders: listOf(objectOf({ name: required(text), value: text })),
  }),
  tcpSocket: objectOf({ port: required(portOrName), host: text }),
  grpc: objectOf({ port: required(port), service: text }),
  sleep: objectOf({ seconds: whole(0, Number.MAX_SAFE_INTEGER) }),
};

const hasHandler: Rule = (value, path, report) => {
  const given = Object.keys(handlers).filter((key) => isRecord((value as Record<string, unknown>)[key]));
  if (given.length === 0) report(`${path}: Required value: must specify a handler type`);
  if (given.length > 1) report(`${path}.${given[1]}: Forbidden: may not specify more than 1 handler type`);
};

const handler = objectOf(handlers, hasHandler);

const probe = objectOf(
  {
    ...handlers,
    initialDelaySeconds: seconds,
    timeoutSeconds: seconds,
    periodSeconds: seconds,
    successThreshold: seconds,
    failureThreshold: seconds,
    terminationGracePeriodSeconds: seconds,
  },
  hasHandler,
);

/** A limit must not be below the request. */
const requestsWithinLimits: Rule = (value, path, report) => {
  const { requests, limits } = value as Record<string, unknown>;
  if (!isRecord(requests) || !isRecord(limits)) return;
  for (const [key, request] of Object.entries(requests)) {
    const [asked, limit] = [quantityOf(request), quantityOf(limits[key])];
    if (asked === undefined || limit === undefined || asked <= limit) continue;
    report(
      `${path}.requests: Invalid value: ${JSON.stringify(request)}: ` +
        `must be less than or equal to ${key} limit of ${String(limits[key])}`,
    );
  }
};

const container = objectOf({
  name,
  image: text,
  imagePullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
  command: texts,
  args: texts,
  workingDir: text,
  env: listOf(envVar),
  envFrom: listOf(objectOf({ prefix: text, configMapRef: reference, secretRef: reference })),
  ports: listOf(
    objectOf({
      containerPort: required(port),
      hostPort: whole(0, 65_535),
      hostIP: text,
      name: text,
      protocol: oneOf('TCP', 'UDP', 'SCTP'),
    }),
  ),
  resources: objectOf({ limits: mapOf(quantity), requests: mapOf(quantity) }, requestsWithinLimits),
  volumeMounts: listOf(
    objectOf({
      name: required(text),
      mountPath: required(matching(/^[^:\0]+$/, "must not contain ':'")),
      subPath: text,
      subPathExpr: text,
      readOnly: flag,
      mountPropagation: oneOf('None', 'HostToContainer', 'Bidirectional'),
    }),
    'mountPath',
  ),
  volumeDevices: listOf(objectOf({ name: required(text), devicePath: required(text) })),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: objectOf({ postStart: handler, preStop: handler }),
  restartPolicy: text,
  securityContext: objectOf({
    runAsUser: id,
    runAsGroup: id,
    runAsNonRoot: flag,
    privileged: flag,
    readOnlyRootFilesystem: flag,
    allowPrivilegeEscalation: flag,
    capabilities: objectOf({ add: texts, drop: texts }),
    seccompProfile: objectOf({ type: text, localhostProfile: text }),
    appArmorProfile: objectOf({ type: text, localhostProfile: text }),
  }),
  stdin: flag,
  stdinOnce: flag,
  tty: flag,
  terminationMessagePath: text,
  terminationMessagePolicy: oneOf('File', 'FallbackToLogsOnError'),
});

const items = listOf(objectOf({ key: text, path: required(text), mode: fileMode }));
const files = { items, defaultMode: fileMode, optional: flag };

const volume = objectOf({
  name,
  emptyDir: objectOf({ medium: text, sizeLimit: quantity }),
  hostPath: objectOf({ path: required(text), type: text }),
  configMap: objectOf({ name: text, ...files }),
  secret: objectOf({ secretName: text, ...files }),
  downwardAPI: objectOf(files),
  projected: objectOf({ sources: listOf(anObject), defaultMode: fileMode }),
  persistentVolumeClaim: objectOf({ claimName: required(text), readOnly: flag }),
  csi: objectOf({
    driver: required(text),
    fsType: text,
    readOnly: flag,
    volumeAttributes: mapOf(text),
    nodePublishSecretRef: objectOf({ name: text }),
  }),
});

const sysctl = objectOf({ name: required(text), value: text });

/** What a pod's spec must look like for this node to work with it; a subset of what the API server checks. */
export const podSpec = objectOf({
  containers: required(listOf(container)),
  initContainers: listOf(container),
  ephemeralContainers: listOf(container),
  volumes: listOf(volume, 'name'),
  restartPolicy: oneOf('Always', 'Never', 'OnFailure'),
  dnsPolicy: oneOf('ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'),
  dnsConfig: objectOf({
    nameservers: texts,
    searches: texts,
    options: listOf(objectOf({ name: text, value: text })),
  }),
  // The API server takes a negative one, too, and makes it 1.
  terminationGracePeriodSeconds: whole(-MAX_INT32, Number.MAX_SAFE_INTEGER),
  activeDeadlineSeconds: whole(1, MAX_INT32),
  hostAliases: listOf(
    objectOf({
      ip: required(ipAddress),
      hostnames: listOf(matching(/^[^\s#]+$/, 'must be a host name')),
    }),
  ),
  hostname: text,
  subdomain: text,
  hostNetwork: flag,
  hostPID: flag,
  hostIPC: flag,
  shareProcessNamespace: flag,
  nodeSelector: mapOf(text),
  readinessGates: listOf(objectOf({ conditionType: required(text) })),
  imagePullSecrets: listOf(objectOf({ name: text })),
  tolerations: listOf(anObject),
  priority: whole(-MAX_INT32, MAX_INT32),
  runtimeClassName: text,
  serviceAccountName: text,
  securityContext: objectOf({
    runAsUser: id,
    runAsGroup: id,
    fsGroup: id,
    runAsNonRoot: flag,
    supplementalGroups: listOf(id),
    sysctls: listOf(sysctl),
    seccompProfile: objectOf({ type: text, localhostProfile: text }),
  }),
});
