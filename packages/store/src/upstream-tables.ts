import type { Database } from 'better-sqlite3';

interface UpstreamTable {
  readonly name: string;
  /** Columns of today's form, in order. */
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly primaryKey: string;
  /** A column of ours and the name releases before 1.23 gave it. */
  readonly formerNames?: Readonly<Record<string, string>>;
}

const TEXT = 'text';
const ROW_ID = 'integer PRIMARY KEY AUTOINCREMENT';

/** The tables of the Go agents, as KubeEdge v1.23 makes them (metamanager.md §2, devicetwin.md §9). */
export const UPSTREAM_TABLES: readonly UpstreamTable[] = [
  {
    name: 'meta',
    columns: [
      ['key', TEXT],
      ['type', TEXT],
      ['value', TEXT],
    ],
    primaryKey: 'key',
  },
  {
    name: 'meta_v2',
    columns: [
      ['key', TEXT],
      ['group_version_resource', TEXT],
      ['namespace', TEXT],
      ['name', TEXT],
      ['resource_version', 'integer'],
      ['value', TEXT],
    ],
    primaryKey: 'key',
    formerNames: { group_version_resource: 'groupversionresource', resource_version: 'resourceversion' },
  },
  {
    name: 'device',
    columns: ['id', 'name', 'description', 'state', 'last_online'].map((name) => [name, TEXT] as const),
    primaryKey: 'id',
  },
  {
    name: 'device_attr',
    columns: [
      ['id', ROW_ID],
      ['deviceid', TEXT],
      ['name', TEXT],
      ['description', TEXT],
      ['value', TEXT],
      ['optional', 'numeric'],
      ['attr_type', TEXT],
      ['metadata', TEXT],
    ],
    primaryKey: 'id',
  },
  {
    name: 'device_twin',
    columns: [
      ['id', ROW_ID],
      ['deviceid', TEXT],
      ['name', TEXT],
      ['description', TEXT],
      ['expected', TEXT],
      ['actual', TEXT],
      ['expected_meta', TEXT],
      ['actual_meta', TEXT],
      ['expected_version', TEXT],
      ['actual_version', TEXT],
      ['optional', 'numeric'],
      ['attr_type', TEXT],
      ['metadata', TEXT],
    ],
    primaryKey: 'id',
  },
  { name: 'sub_topics', columns: [['topic', TEXT]], primaryKey: 'topic' },
  { name: 'target_urls', columns: [['url', TEXT]], primaryKey: 'url' },
];

/** Upstream searches whole tables for the rows of a device; an index in its file does not disturb it. */
const INDEXES: readonly string[] = [
  'edgecore_ts_device_attr ON device_attr (deviceid, name)',
  'edgecore_ts_device_twin ON device_twin (deviceid, name)',
];

/**
 * Creates missing tables and adds missing columns; existing columns are never
 * touched, so that any Go agent can take the file back. This is not a numbered
 * migration: a Go agent may have worked on the file since the last time.
 */
export function adoptUpstreamTables(db: Database): void {
  for (const table of UPSTREAM_TABLES) {
    const present = new Set(
      (db.pragma(`table_info(\`${table.name}\`)`) as { name: string }[]).map((column) => column.name),
    );
    if (present.size === 0) {
      db.exec(createStatement(table));
      continue;
    }
    for (const [name, type] of table.columns) {
      if (!present.has(name)) db.exec(`ALTER TABLE \`${table.name}\` ADD COLUMN \`${name}\` ${type}`);
    }
    copyFormerColumns(db, table, present);
  }
  for (const index of INDEXES) db.exec(`CREATE INDEX IF NOT EXISTS ${index}`);
}

function createStatement(table: UpstreamTable): string {
  const columns = table.columns.map(([name, type]) => `\`${name}\` ${type}`);
  const inline = table.columns.some(([, type]) => type === ROW_ID);
  if (!inline) columns.push(`PRIMARY KEY (\`${table.primaryKey}\`)`);
  return `CREATE TABLE \`${table.name}\` (${columns.join(',')})`;
}

function copyFormerColumns(db: Database, table: UpstreamTable, present: ReadonlySet<string>): void {
  for (const [name, former] of Object.entries(table.formerNames ?? {})) {
    if (!present.has(former)) continue;
    db.exec(`UPDATE \`${table.name}\` SET \`${name}\` = \`${former}\` WHERE \`${name}\` IS NULL`);
  }
}
