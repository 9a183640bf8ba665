import type { HostFacts } from '../../src/config/host-facts.js';
import { defaultValue } from '../../src/config/overlay/defaults.js';
import type { Field } from '../../src/config/schema/field.js';
import { type ConfigVersion, fieldsOf, schemaOf } from '../../src/config/schema/schema.js';

/** What stands in the table where a default depends on the machine. */
const host: HostFacts = { hostName: '<host name>', localIp: '<host address>', arch: 'x64' };

/** Sections that are read and checked for modules this version does not have. */
const WITHOUT_MODULE = /^modules\.metaManager\.metaServer\./;

/** Every key of a format as a Markdown table, in the order of the schema. */
export function keyTable(version: ConfigVersion): string {
  const rows = [...fieldsOf(schemaOf(version))].map(
    ([path, field]) =>
      `| \`${path}\` | ${field.type} | ${shownDefault(field, path)} | ${classOf(field, path)} |`,
  );
  return ['| key | type | default | class |', '|---|---|---|---|', ...rows].join('\n');
}

function shownDefault(field: Field, path: string): string {
  // Derived from the host name, which the placeholder is not.
  if (path === 'modules.edged.hostnameOverride') return 'the host name';
  const value = defaultValue(field, host);
  return value === undefined ? '–' : `\`${JSON.stringify(value).replaceAll('|', '\\|')}\``;
}

function classOf({ effect }: Field, path: string): string {
  if (effect.kind === 'withoutEffect') return `without effect: ${effect.reason}`;
  if (WITHOUT_MODULE.test(path)) return 'checked; no module yet';
  return effect.kind === 'refused' ? `refused when it asks for this: ${effect.reason}` : 'used';
}
