import { isRecord, type KubeObject, recordsOf } from '@edgecore/api';
import { specOf } from './stored-object.js';

export interface PodReferences {
  readonly configMaps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
}

/** Config maps and secrets a pod names, in its own namespace: volumes, environment, image pull secrets. */
export function podReferences(pod: KubeObject): PodReferences {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const spec = specOf(pod);
  for (const volume of recordsOf(spec['volumes'])) {
    add(configMaps, volume['configMap'], 'name');
    add(secrets, volume['secret'], 'secretName');
    for (const source of recordsOf(field(volume['projected'], 'sources'))) {
      add(configMaps, source['configMap'], 'name');
      add(secrets, source['secret'], 'name');
    }
  }
  for (const container of [...recordsOf(spec['initContainers']), ...recordsOf(spec['containers'])]) {
    for (const source of recordsOf(container['envFrom'])) {
      add(configMaps, source['configMapRef'], 'name');
      add(secrets, source['secretRef'], 'name');
    }
    for (const variable of recordsOf(container['env'])) {
      add(configMaps, field(variable['valueFrom'], 'configMapKeyRef'), 'name');
      add(secrets, field(variable['valueFrom'], 'secretKeyRef'), 'name');
    }
  }
  for (const pull of recordsOf(spec['imagePullSecrets'])) add(secrets, pull, 'name');
  return { configMaps, secrets };
}

function field(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function add(names: Set<string>, source: unknown, key: string): void {
  const name = field(source, key);
  if (typeof name === 'string' && name !== '') names.add(name);
}
