import { stringify } from 'yaml';
import type { HostFacts } from './host-facts.js';
import { defaultValue } from './overlay/defaults.js';
import { sandboxImage2020 } from './sandbox-image.js';
import type { ConfigValue, Section } from './schema/field.js';
import { type ConfigVersion, schemaOf } from './schema/schema.js';

export type PrintedKind = 'default' | 'min';

/** A configuration as plain data, in the file's own shape. */
export interface ConfigDocument {
  [key: string]: ConfigDocument | ConfigValue;
}

const COMMENTS: Readonly<Record<PrintedKind, string>> = {
  default: [
    '# The full default configuration: every key this format prints, with its default.',
    '# Save it as /etc/kubeedge/config/edgecore.yaml and change what differs on this node.',
    '# Keys left out keep their default; `edgecore config check` explains a file.',
  ].join('\n'),
  min: [
    '# A minimal configuration: the keys one usually changes.',
    '# Save it as /etc/kubeedge/config/edgecore.yaml and change what differs on this node.',
    '# All other keys keep their default; see --defaultconfig for them.',
  ].join('\n'),
};

/** The full default or the minimal configuration (config.md §10). */
export function configDocument(kind: PrintedKind, version: ConfigVersion, host: HostFacts): ConfigDocument {
  const document = build(schemaOf(version), kind, host, false);
  if (kind === 'min' && version === 'v1alpha1') {
    const edged = (document['modules'] as ConfigDocument)['edged'] as ConfigDocument;
    edged['podSandboxImage'] = sandboxImage2020.forArch(host.arch);
  }
  return document;
}

/**
 * The text of `--defaultconfig` and `--minconfig`: three comment lines, a
 * blank line, the YAML, two blank lines. Loads here and in the Go agent.
 */
export function printConfig(kind: PrintedKind, version: ConfigVersion, host: HostFacts): string {
  return `${COMMENTS[kind]}\n\n${formatConfig(configDocument(kind, version, host))}\n\n`;
}

/** YAML as upstream writes it: keys sorted, lists not indented. */
export function formatConfig(document: object): string {
  return stringify(document, { sortMapEntries: true, indentSeq: false, lineWidth: 0 });
}

function build(section: Section, kind: PrintedKind, host: HostFacts, whole: boolean): ConfigDocument {
  const document: ConfigDocument = {};
  for (const [key, entry] of Object.entries(section.fields)) {
    if (entry.kind === 'section') {
      if (entry.optIn) continue;
      const child = build(entry, kind, host, whole || entry.wholeInMin);
      if (Object.keys(child).length > 0) document[key] = child;
    } else if (entry.printed === 'min' || (entry.printed === 'full' && (kind === 'default' || whole))) {
      document[key] = defaultValue(entry, host);
    }
  }
  return document;
}
