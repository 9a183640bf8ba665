import type { ProblemList } from './problems.js';
import { API_GROUP, type ConfigVersion, KIND } from './schema/schema.js';
import type { YamlEntry, YamlMap, YamlNode } from './yaml/tree.js';

/** Which format a file is in (config.md §9 L1). `undefined` after an error. */
export function detectVersion(root: YamlMap, problems: ProblemList): ConfigVersion | undefined {
  const kind = entry(root, 'kind');
  if (kind && textOf(kind.value) !== '' && textOf(kind.value) !== KIND) {
    problems.add({
      severity: 'error',
      kind: 'version',
      path: 'kind',
      line: kind.line,
      value: textOf(kind.value),
      message: `kind must be ${KIND}, not "${textOf(kind.value)}"`,
    });
  }
  const apiVersion = entry(root, 'apiVersion');
  const written = apiVersion ? textOf(apiVersion.value) : '';
  if (written === '') return guess(root, problems);
  if (written === `${API_GROUP}/v1alpha1`) return 'v1alpha1';
  if (written === `${API_GROUP}/v1alpha2`) return 'v1alpha2';
  problems.add({
    severity: 'error',
    kind: 'version',
    path: 'apiVersion',
    line: apiVersion!.line,
    value: written,
    message: `apiVersion must be ${API_GROUP}/v1alpha1 or ${API_GROUP}/v1alpha2, not "${written}"`,
  });
  return undefined;
}

function guess(root: YamlMap, problems: ProblemList): ConfigVersion {
  const has = (...path: string[]) => find(root, path) !== undefined;
  const warn = (version: ConfigVersion, because: string) => {
    problems.add({
      severity: 'warning',
      kind: 'version',
      path: '',
      message: `no apiVersion, the file is read as ${version}${because}; write "apiVersion: ${API_GROUP}/${version}"`,
    });
    return version;
  };
  if (has('modules', 'edged', 'tailoredKubeletConfig') || has('edgecoreVersion')) {
    return warn('v1alpha2', ' because of its keys');
  }
  if (
    has('modules', 'edgeMesh') ||
    has('modules', 'edged', 'runtimeType') ||
    has('modules', 'metaManager', 'podStatusSyncInterval')
  ) {
    return warn('v1alpha1', ' because of its keys');
  }
  return warn('v1alpha2', '');
}

function find(root: YamlMap, path: readonly string[]): YamlNode | undefined {
  let at: YamlNode | undefined = root;
  for (const key of path) {
    if (at?.kind !== 'map') return undefined;
    at = entry(at, key)?.value;
  }
  return at;
}

function entry(map: YamlMap, key: string): YamlEntry | undefined {
  const folded = key.toLowerCase();
  return (
    map.entries.findLast((candidate) => candidate.key === key) ??
    map.entries.findLast((candidate) => candidate.key.toLowerCase() === folded)
  );
}

function textOf(node: YamlNode): string {
  return node.kind === 'scalar' ? node.text : `<${node.kind}>`;
}
