import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { edgecore } from './cli.js';

const file = async (text: string) => {
  const path = join(await tempDir(), 'edgecore.yaml');
  await writeFile(path, text);
  return path;
};
const V2 = 'apiVersion: edgecore.config.kubeedge.io/v1alpha2\nkind: EdgeCore\n';
/** Keeps the check apart from what is installed on this machine. */
const local = (dir: string) => `database: {dataSource: ${dir}/edgecore.db}\n`;

describe('version', () => {
  test.each([[['version']], [['--version']], [['--version=raw']]])(
    '%j prints one line (13)',
    async (argv) => {
      const { code, stdout } = await edgecore(argv);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^.*\d+\.\d+\.\d+.*\n$/);
    },
  );
});

describe('printing configurations', () => {
  test.each([
    [['--defaultconfig'], 'v1alpha2'],
    [['--minconfig'], 'v1alpha2'],
    [['--minconfig=true', '--api', 'v1alpha1'], 'v1alpha1'],
    [['config', 'default', '--cloud-profile', '2020'], 'v1alpha1'],
    [['config', 'min', '--api', 'v1alpha2'], 'v1alpha2'],
  ])('%j', async (argv, api) => {
    const { code, stdout } = await edgecore(argv);
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      expect.stringMatching(/^# /),
      expect.stringMatching(/^# /),
      expect.stringMatching(/^# /),
      '',
    ]);
    expect(parse(stdout)).toMatchObject({ apiVersion: `edgecore.config.kubeedge.io/${api}` });
  });

  test('a printed default file passes the check (13)', async () => {
    const printed = await edgecore(['--defaultconfig']);
    const path = await file(
      printed.stdout.replace('/var/lib/kubeedge/edgecore.db', join(await tempDir(), 'edgecore.db')),
    );
    const { code, stdout } = await edgecore(['--config', path, 'config', 'check']);
    expect(stdout).toContain(`${path}: OK (v1alpha2, 0 errors, 0 warnings)`);
    expect(code).toBe(0);
    const piped = await edgecore(['--config', '/dev/stdin', 'config', 'check'], {
      stdin: `${V2}${local(await tempDir())}`,
    });
    expect(piped).toMatchObject({ code: 0, stdout: expect.stringContaining('/dev/stdin: OK') });
  });
});

describe('config check', () => {
  test('a table of every key, then what is wrong, then the verdict', async () => {
    const dir = await tempDir();
    const path = await file(
      `${V2}${local(dir)}modules:\n  edgeHub:\n    hartbeat: 3\n    token: sec.r.e.t\n  edged:\n    tailoredKubeletConfig:\n      hairpinMode: none\n      cpuManagerPolicy: static\n`,
    );
    const { code, stdout } = await edgecore(['config', 'check', '--config', path]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/LINE +KEY +CLASS +VALUE\n/);
    expect(stdout).toMatch(/6 +modules\.edgeHub\.hartbeat +unknown\n/);
    expect(stdout).toMatch(/7 +modules\.edgeHub\.token +used +<redacted>\n/);
    expect(stdout).toMatch(/hairpinMode +without effect +"none"\n/);
    expect(stdout).toMatch(/cpuManagerPolicy +refused +"static"\n/);
    expect(stdout).toContain('warning: modules.edgeHub.hartbeat (line 6): unknown key');
    expect(stdout).toContain('cannot be used (v1alpha2, 1 errors, 2 warnings)');
    expect(stdout).not.toContain('sec.r.e.t');
  });

  test('--allow-unsupported lets refused keys pass, --strict lets no warning pass', async () => {
    const dir = await tempDir();
    const path = await file(
      `${V2}${local(dir)}modules: {edged: {tailoredKubeletConfig: {cpuManagerPolicy: static}}}\n`,
    );
    expect((await edgecore(['config', 'check', '--config', path, '--allow-unsupported'])).code).toBe(0);
    const strict = ['config', 'check', '--config', path, '--allow-unsupported', '--strict'];
    expect((await edgecore(strict)).code).toBe(1);
  });

  test('as JSON', async () => {
    const path = await file(`${V2}${local(await tempDir())}modules: {eventBus: {mqttMode: 9}}\n`);
    const { code, stdout } = await edgecore(['config', 'check', '--config', path, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      version: 'v1alpha2',
      problems: [{ severity: 'error', path: 'modules.eventBus.mqttMode', line: 4 }],
    });
  });

  test('a missing file is one clear line', async () => {
    const { code, stdout } = await edgecore(['config', 'check', '--config', '/nowhere/edgecore.yaml']);
    expect(code).toBe(1);
    expect(stdout).toContain('config file /nowhere/edgecore.yaml not exist');
  });

  test('certificate files that cannot be read are errors, missing ones are not', async () => {
    const dir = await tempDir();
    const path = await file(`${V2}${local(dir)}modules: {edgeHub: {tlsCaFile: ${dir}/none/ca.crt}}\n`);
    expect((await edgecore(['config', 'check', '--config', path])).code).toBe(0);
    const blocked = await file(`${V2}${local(dir)}modules: {edgeHub: {tlsCaFile: ${path}/ca.crt}}\n`);
    const { code, stdout } = await edgecore(['config', 'check', '--config', blocked]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /error: modules\.edgeHub\.tlsCaFile \(line 4\): .*ca\.crt cannot be read \(ENOTDIR\)/,
    );
  });
});

describe('help and mistakes', () => {
  test('help has every command and examples', async () => {
    const { code, stdout } = await edgecore(['--help']);
    expect(code).toBe(0);
    for (const command of ['join', 'config', 'doctor', 'version']) expect(stdout).toContain(`  ${command}`);
    expect(stdout).toContain('Examples:');
    expect((await edgecore(['join', '--help'])).stdout).toContain('--cloudcore-ipport');
  });

  test.each([[['nonsense']], [['config', 'check', '--nonsense']], [['join']]])('%j', async (argv) => {
    const { code, stderr } = await edgecore(argv);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .+/);
  });
});
