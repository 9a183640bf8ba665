import { htmlSafeJson, isRecord } from '@edgecore/api';

/** Field order of a Go struct, and of the structs in its fields. */
interface Struct {
  readonly [field: string]: Struct | typeof LEAF;
}

/** A value, a map, or a list of them: no field order of its own. */
const LEAF = 'leaf';

const objectKey = { name: LEAF, key: LEAF, optional: LEAF } as const;
const source = { name: LEAF, optional: LEAF } as const;

const handler = {
  exec: { command: LEAF },
  httpGet: { path: LEAF, port: LEAF, host: LEAF, scheme: LEAF, httpHeaders: { name: LEAF, value: LEAF } },
  tcpSocket: { port: LEAF, host: LEAF },
} as const;

const probe = {
  ...handler,
  grpc: { port: LEAF, service: LEAF },
  initialDelaySeconds: LEAF,
  timeoutSeconds: LEAF,
  periodSeconds: LEAF,
  successThreshold: LEAF,
  failureThreshold: LEAF,
  terminationGracePeriodSeconds: LEAF,
} as const;

/** v1.Container of Kubernetes 1.17 to 1.30: later ones only put fields between. */
const CONTAINER: Struct = {
  name: LEAF,
  image: LEAF,
  command: LEAF,
  args: LEAF,
  workingDir: LEAF,
  ports: { name: LEAF, hostPort: LEAF, containerPort: LEAF, protocol: LEAF, hostIP: LEAF },
  envFrom: { prefix: LEAF, configMapRef: source, secretRef: source },
  env: {
    name: LEAF,
    value: LEAF,
    valueFrom: {
      fieldRef: { apiVersion: LEAF, fieldPath: LEAF },
      resourceFieldRef: { containerName: LEAF, resource: LEAF, divisor: LEAF },
      configMapKeyRef: objectKey,
      secretKeyRef: objectKey,
    },
  },
  resources: { limits: LEAF, requests: LEAF, claims: { name: LEAF } },
  resizePolicy: { resourceName: LEAF, restartPolicy: LEAF },
  restartPolicy: LEAF,
  volumeMounts: {
    name: LEAF,
    readOnly: LEAF,
    recursiveReadOnly: LEAF,
    mountPath: LEAF,
    subPath: LEAF,
    mountPropagation: LEAF,
    subPathExpr: LEAF,
  },
  volumeDevices: { name: LEAF, devicePath: LEAF },
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: {
    postStart: { ...handler, sleep: { seconds: LEAF } },
    preStop: { ...handler, sleep: { seconds: LEAF } },
  },
  terminationMessagePath: LEAF,
  terminationMessagePolicy: LEAF,
  imagePullPolicy: LEAF,
  securityContext: {
    capabilities: { add: LEAF, drop: LEAF },
    privileged: LEAF,
    seLinuxOptions: { user: LEAF, role: LEAF, type: LEAF, level: LEAF },
    windowsOptions: LEAF,
    runAsUser: LEAF,
    runAsGroup: LEAF,
    runAsNonRoot: LEAF,
    readOnlyRootFilesystem: LEAF,
    allowPrivilegeEscalation: LEAF,
    procMount: LEAF,
    seccompProfile: { type: LEAF, localhostProfile: LEAF },
    appArmorProfile: { type: LEAF, localhostProfile: LEAF },
  },
  stdin: LEAF,
  stdinOnce: LEAF,
  tty: LEAF,
};

/**
 * JSON of a container as Go writes it: fields in the order of its structs, maps
 * by key, Go's escapes. The order in which an object arrives says nothing: a
 * 2020 edge stores objects with their keys sorted.
 */
export function goContainerJson(container: object): string {
  // A struct that is no pointer is written even when it is empty.
  return htmlSafeJson(ordered({ resources: {}, ...container }, CONTAINER));
}

function ordered(value: unknown, shape: Struct | typeof LEAF): unknown {
  if (Array.isArray(value)) return value.map((element) => ordered(element, shape));
  if (!isRecord(value)) return value;
  const known = shape === LEAF ? [] : Object.keys(shape).filter((key) => key in value);
  const rest = Object.keys(value)
    .filter((key) => !known.includes(key))
    .sort();
  return Object.fromEntries(
    [...known, ...rest]
      .filter((key) => value[key] !== null && value[key] !== undefined)
      .map((key) => [key, ordered(value[key], shape === LEAF ? LEAF : (shape[key] ?? LEAF))]),
  );
}
