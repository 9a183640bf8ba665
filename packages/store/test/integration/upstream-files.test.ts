import { readFileSync } from 'node:fs';
import { goldenPath } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { databasePath, put, testStore, withSqlite } from '../support.js';

function schemaOf(path: string): Record<string, string> {
  return withSqlite(path, (db) => {
    const rows = db
      .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all() as { name: string; sql: string }[];
    return Object.fromEntries(rows.map(({ name, sql }) => [name, sql]));
  });
}

const FILES_2020 = ['edgecore-db-after-pods.sql', 'edgecore-db-with-device.sql'];

describe('a file of the Go agent of 2020', () => {
  for (const file of FILES_2020) {
    test(`${file} opens as it is, and can be taken back`, async () => {
      const path = await databasePath();
      withSqlite(path, (db) => db.exec(readFileSync(goldenPath('2020', file), 'utf8')));
      const before = schemaOf(path);
      const dump = (table: string) => withSqlite(path, (db) => db.prepare(`SELECT * FROM ${table}`).all());
      const tables = ['meta', 'device', 'device_attr', 'device_twin'];
      const rows = tables.map(dump);

      const store = await testStore({ path });
      expect(store.outcome).toBe('intact');
      const metas = await store.all(store.db.selectFrom('meta').selectAll());
      expect(metas).toEqual(rows[0]);
      const twins = await store.all(store.db.selectFrom('device_twin').selectAll());
      expect(twins).toEqual(rows[3]);
      await store.write(put(store, 'default/pod/new'));
      await store.close();

      expect(schemaOf(path)).toMatchObject(before);
      withSqlite(path, (db) => {
        // What the Go agent runs at its start and when it stores a pod.
        db.exec(
          "CREATE TABLE IF NOT EXISTS `meta` (`key` varchar(256) NOT NULL PRIMARY KEY, `type` varchar(32) NOT NULL DEFAULT '' , `value` text)",
        );
        db.exec("INSERT INTO `meta` (`key`, `type`, `value`) VALUES ('default/pod/go', 'pod', '{}')");
        db.exec("INSERT INTO `device_twin` (`deviceid`, `name`, `optional`) VALUES ('d', 'n', 1)");
        expect(db.prepare("SELECT value FROM meta WHERE key = 'default/pod/new'").pluck().get()).toBe('x');
        expect(db.pragma('quick_check', { simple: true })).toBe('ok');
      });
    });
  }
});

describe('files of today’s Go agents', () => {
  const META_V2 = 'key, group_version_resource, namespace, name, resource_version, value';

  test('v1.23 tables are left untouched', async () => {
    const path = await databasePath();
    withSqlite(path, (db) =>
      db.exec(`CREATE TABLE \`meta\` (\`key\` text,\`type\` text,\`value\` text,PRIMARY KEY (\`key\`));
        CREATE TABLE \`meta_v2\` (\`key\` text,\`group_version_resource\` text,\`namespace\` text,\`name\` text,\`resource_version\` integer,\`value\` text,PRIMARY KEY (\`key\`));
        INSERT INTO meta_v2 (${META_V2}) VALUES ('/core/v1/pods/default/a', '/v1, Resource=pods', 'default', 'a', 7, '{}');`),
    );
    const before = schemaOf(path);
    const store = await testStore({ path });
    expect(await store.all(store.db.selectFrom('meta_v2').selectAll())).toEqual([
      {
        key: '/core/v1/pods/default/a',
        group_version_resource: '/v1, Resource=pods',
        namespace: 'default',
        name: 'a',
        resource_version: 7,
        value: '{}',
      },
    ]);
    await store.close();
    expect(schemaOf(path)).toMatchObject(before);
  });

  test('a new file has exactly the tables of v1.23', async () => {
    const store = await testStore();
    await store.close();
    expect(schemaOf(store.path)).toMatchObject({
      meta: 'CREATE TABLE `meta` (`key` text,`type` text,`value` text,PRIMARY KEY (`key`))',
      meta_v2:
        'CREATE TABLE `meta_v2` (`key` text,`group_version_resource` text,`namespace` text,`name` text,`resource_version` integer,`value` text,PRIMARY KEY (`key`))',
      sub_topics: 'CREATE TABLE `sub_topics` (`topic` text,PRIMARY KEY (`topic`))',
      target_urls: 'CREATE TABLE `target_urls` (`url` text,PRIMARY KEY (`url`))',
    });
  });

  test('before 1.23 meta_v2 had other column names: ours are added and filled, the old ones stay', async () => {
    const path = await databasePath();
    const insert = (db: { exec(sql: string): unknown }, name: string) =>
      db.exec(
        `INSERT INTO meta_v2 (key, groupversionresource, namespace, name, resourceversion, value)
         VALUES ('/core/v1/pods/default/${name}', '/v1, Resource=pods', 'default', '${name}', 41, '{}')`,
      );
    withSqlite(path, (db) => {
      db.exec(
        "CREATE TABLE `meta_v2` (`key` varchar(256) NOT NULL PRIMARY KEY, `groupversionresource` varchar(256) NOT NULL DEFAULT '', `namespace` varchar(256) NOT NULL DEFAULT '', `name` varchar(256) NOT NULL DEFAULT '', `resourceversion` integer NOT NULL DEFAULT 0, `value` text)",
      );
      insert(db, 'a');
    });
    await (await testStore({ path })).close();
    // The old agent works on the file in between, and we take it again.
    withSqlite(path, (db) => insert(db, 'b'));
    const store = await testStore({ path });
    const rows = await store.all(
      store.db.selectFrom('meta_v2').select(['name', 'group_version_resource', 'resource_version']),
    );
    const expected = { group_version_resource: '/v1, Resource=pods', resource_version: 41 };
    expect(rows).toEqual([
      { name: 'a', ...expected },
      { name: 'b', ...expected },
    ]);
  });
});
