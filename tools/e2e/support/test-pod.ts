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
}

/** Runs until it is told to end, and then ends at once. */
const SCRIPT = 'trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done';

/** A pod that runs until it is deleted and goes quickly then. */
export function testPod(options: TestPodOptions) {
  const { name, node, labels = {}, containers = ['main'], image = BUSYBOX_IMAGE, configMap } = options;
  const mounts = [
    { name: 'config', mountPath: '/config' },
    { name: 'memory', mountPath: '/memory' },
  ];
  const volumes = [
    { name: 'config', configMap: { name: configMap } },
    { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
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
      containers: containers.map((container) => ({
        name: container,
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['/bin/sh', '-c', SCRIPT],
        ...(configMap === undefined ? {} : { volumeMounts: mounts }),
      })),
      ...(configMap === undefined ? {} : { volumes }),
    },
  };
}
