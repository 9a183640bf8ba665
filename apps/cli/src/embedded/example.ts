import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXAMPLE_IMAGE } from './images.js';

/** Name of the pod in the example. */
export const EXAMPLE_POD = 'hello';

/** The example's device, and the file it is in. */
export const EXAMPLE_DEVICE = 'default/thermostat';
export const THERMOSTAT_MANIFEST = 'thermostat.yaml';

const THERMOSTAT = `# An example: a thermostat. Change the desired setpoint and save: the device follows, and the temperature with it.
#   edgecore device watch
# What plays it: edgecore device simulate default/thermostat
apiVersion: devices.kubeedge.io/v1beta1
kind: DeviceModel
metadata:
  name: thermostat
spec:
  protocol: mqtt
  properties:
    - name: temperature
      type: FLOAT
      accessMode: ReadOnly
      unit: degrees Celsius
    - name: setpoint
      type: INT
      accessMode: ReadWrite
      unit: degrees Celsius
---
apiVersion: devices.kubeedge.io/v1beta1
kind: Device
metadata:
  name: thermostat
  labels:
    description: A thermostat that is not there
spec:
  deviceModelRef:
    name: thermostat
  protocol:
    protocolName: mqtt
  properties:
    - name: temperature
    - name: setpoint
      desired:
        value: "21"
`;

const MANIFEST = `# An example: a pod that greets. Change it and save, or delete the file: the node follows.
apiVersion: v1
kind: ConfigMap
metadata:
  name: hello
data:
  GREETING: Hello from the edge
---
apiVersion: v1
kind: Pod
metadata:
  name: ${EXAMPLE_POD}
spec:
  automountServiceAccountToken: false
  dnsPolicy: Default
  terminationGracePeriodSeconds: 2
  containers:
    - name: hello
      image: ${EXAMPLE_IMAGE}
      imagePullPolicy: IfNotPresent
      command: ["/bin/sh", "-c"]
      args:
        - 'trap "exit 0" TERM; n=0; while :; do n=$((n+1)); echo "$GREETING, greeting $n"; sleep 5 & wait $!; done'
      envFrom:
        - configMapRef:
            name: hello
`;

/** Puts the example into a manifests directory that does not exist or is empty. True when it did. */
export async function addExample(manifests: string): Promise<boolean> {
  await mkdir(manifests, { recursive: true });
  if ((await readdir(manifests)).length > 0) return false;
  await writeFile(join(manifests, 'hello.yaml'), MANIFEST);
  await writeFile(join(manifests, THERMOSTAT_MANIFEST), THERMOSTAT);
  return true;
}
