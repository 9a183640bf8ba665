import { BUSYBOX_IMAGE } from '@edgecore/testing';

export interface TestPodOptions {
  readonly name: string;
  readonly node: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Names of its containers. Default one, `main`. */
  readonly containers?: readonly string[];
  readonly image?: string;
  /** A config map to mount, together with a volume in memory. Default: no volumes. */
  readonly configMap?: string;
  /** A directory of the host: while it holds a file `ill`, the liveness probe of the first container fails. */
  readonly health?: string;
}

/** Runs until it is told to end, and then ends at once. */
const SCRIPT = 'trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done';

/** A slow machine must not count as an ill container. */
const LIVENESS = {
  exec: { command: ['/bin/sh', '-c', 'test ! -e /health/ill'] },
  periodSeconds: 1,
  failureThreshold: 1,
  timeoutSeconds: 30,
};

/** A pod that runs until it is deleted and goes quickly then. */
export function testPod(options: TestPodOptions) {
  const {
    name,
    node,
    labels = {},
    containers = ['main'],
    image = BUSYBOX_IMAGE,
    configMap,
    health,
  } = options;
  const mounts = [
    ...(configMap === undefined
      ? []
      : [
          { name: 'config', mountPath: '/config' },
          { name: 'memory', mountPath: '/memory' },
        ]),
    ...(health === undefined ? [] : [{ name: 'health', mountPath: '/health' }]),
  ];
  const volumes = [
    ...(configMap === undefined
      ? []
      : [
          { name: 'config', configMap: { name: configMap } },
          { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        ]),
    ...(health === undefined
      ? []
      : [{ name: 'health', hostPath: { path: health, type: 'DirectoryOrCreate' } }]),
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels },
    spec: {
      nodeName: node,
      automountServiceAccountToken: false,
      dnsPolicy: 'Default',
      terminationGracePeriodSeconds: 1,
      containers: containers.map((container, index) => ({
        name: container,
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['/bin/sh', '-c', health === undefined ? SCRIPT : `rm -f /health/ill; ${SCRIPT}`],
        ...(health !== undefined && index === 0 && { livenessProbe: LIVENESS }),
        ...(mounts.length > 0 && { volumeMounts: mounts }),
      })),
      ...(volumes.length > 0 && { volumes }),
    },
  };
}
