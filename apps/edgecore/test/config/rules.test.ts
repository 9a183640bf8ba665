import { describe, expect, test } from '@jest/globals';
import { VERSION } from '../../src/version.js';
import { parse, said, V1, V2 } from './fixtures.js';

const hub = (keys: string) => `${V2}modules: {edgeHub: {${keys}}}`;

describe('reading the file (config.md §1)', () => {
  test('a tab as indentation is one clear line', () => {
    expect(said(`${V2}modules:\n\tedgeHub: {}\n`)).toEqual([
      'error :4 the line is indented with a tab; YAML allows only spaces there',
    ]);
  });

  test('other bad YAML says where', () => {
    expect(said(`${V2}modules: {edgeHub: [}\n`)[0]).toMatch(/^error :3 not valid YAML: /);
  });

  test.each(['- a\n', 'just text\n'])('%j is no configuration', (text) => {
    expect(said(text)[0]).toMatch(/^error :1 expected a mapping/);
  });

  test('JSON is accepted', () => {
    const json = JSON.stringify({
      apiVersion: 'edgecore.config.kubeedge.io/v1alpha2',
      modules: { edgeHub: { heartbeat: 10 } },
    });
    expect(parse(json).config?.edgeHub.heartbeatMs).toBe(10_000);
  });

  test('the last of duplicate keys counts, with a warning; the exact spelling wins over others', () => {
    const twice = `${V2}modules:\n  edgeHub:\n    heartbeat: 10\n    heartbeat: 20\n`;
    expect(parse(twice).config?.edgeHub.heartbeatMs).toBe(20_000);
    expect(said(twice)[0]).toContain('the key is there twice (lines 5 and 6); line 6 counts');
    const cases = `${V2}modules:\n  edgeHub:\n    heartbeat: 10\n    HeartBeat: 20\n`;
    expect(parse(cases).config?.edgeHub.heartbeatMs).toBe(10_000);
  });

  test('only the first document is read', () => {
    expect(said(`${hub('heartbeat: 10')}\n---\nmodules: {}\n`)[0]).toMatch(
      /^warning :\d only the first YAML/,
    );
  });

  test('text fields take numbers and booleans as upstream writes them', () => {
    const name = (value: string) =>
      parse(`${V1}modules: {edged: {interfaceName: ${value}}}`).config?.node.interfaceName;
    expect(name('0755')).toBe('493');
    expect(name('1.10')).toBe('1.1');
    expect(name('yes')).toBe('true');
    expect(name('"yes"')).toBe('yes');
    expect(said(`${V1}modules: {edged: {cgroupDriver: yes}}`)[0]).toContain('Invalid value: "true"');
  });

  test.each([
    ['heartbeat: "15"', 'an integer without quotes, found the text "15"'],
    ['heartbeat: 1.5', 'an integer without quotes, found 1.5'],
    ['heartbeat: 99999999999', 'outside the range'],
    ['rotateCertificates: "true"', 'true or false without quotes'],
    ['projectID: [a]', 'a text, found a list'],
    ['websocket: 3', 'a mapping, found "3"'],
  ])('a wrong type: %s', (keys, text) => {
    expect(said(hub(keys))[0]).toContain(text);
    expect(parse(hub(keys)).config).toBeUndefined();
  });

  test.each([
    ['eventBus: {mqttQOS: 300}', 'modules.eventBus.mqttQOS', 'outside the range 0 to 255'],
    ['edgeHub: {heartbeat: 1m}', 'modules.edgeHub.heartbeat', 'an integer'],
    ['metaManager: {metaServer: null}', 'modules.metaManager.metaServer', 'the section is null'],
  ])('an error with path and line: %s', (keys, path, text) => {
    const [problem] = said(`${V2}modules: {${keys}}`);
    expect(problem).toMatch(new RegExp(`^error ${path.replaceAll('.', '\\.')}:3 .*${text}`));
  });

  test('lists are replaced, not merged', () => {
    const issuers = (keys: string) =>
      parse(`${V2}modules: {metaManager: {metaServer: {${keys}}}}`).effective['modules'];
    expect(issuers('serviceAccountIssuers: [https://mine]')).toHaveProperty(
      'metaManager.metaServer.serviceAccountIssuers',
      ['https://mine'],
    );
    expect(issuers('enable: false')).toHaveProperty('metaManager.metaServer.serviceAccountIssuers', [
      'https://kubernetes.default.svc.cluster.local',
    ]);
  });

  test('null keeps the default of a value and empties a map or list', () => {
    const { config } = parse(
      `${V2}modules: {edgeHub: {heartbeat: null, projectID: ~}, edged: {nodeLabels: null, tailoredKubeletConfig: {evictionHard: null, resolvConf: null}}}`,
    );
    expect(config?.edgeHub).toMatchObject({
      heartbeatMs: 15_000,
      projectId: 'e632aba927ea4ac2b575ec1603d56f10',
    });
    expect(config?.edged.eviction.hard).toEqual({});
    expect(config?.edged.dns.resolvConf).toBe('/etc/resolv.conf');
  });

  test('a null section that upstream survived is only a warning', () => {
    expect(said(`${V2}modules: {eventBus: {eventBusTLS: null}}`)).toEqual([
      'warning modules.eventBus.eventBusTLS:3 the section is null and is ignored; its defaults apply',
    ]);
  });

  test('anchors and merge keys work, a circle of aliases ends with an error', () => {
    const merged = `${V2}x: &t {handshakeTimeout: 7}\nmodules: {edgeHub: {websocket: {<<: *t, writeDeadline: 9}}}`;
    expect(parse(merged).config?.edgeHub).toMatchObject({
      handshakeTimeoutMs: 7000,
      writeTimeoutMs: 9000,
    });
    expect(said(`${V2}x: &a [*a]\n`).some((line) => line.startsWith('error'))).toBe(true);
  });

  test('a document that multiplies by aliases is refused, not expanded', () => {
    const rows = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 9; i += 1) {
      const alias = `*a${i - 1}`;
      rows.push(`a${i}: &a${i} [${Array(10).fill(alias).join(',')}]`);
    }
    expect(said(rows.join('\n'))[0]).toMatch(/^error .*more than 50000 values/);
  });
});

describe('format and cloud (L1, L2)', () => {
  test.each([
    ['edgecoreVersion: v1\n', 'v1alpha2'],
    ['modules: {edged: {tailoredKubeletConfig: {}}}\n', 'v1alpha2'],
    ['modules: {edgeMesh: {}}\n', 'v1alpha1'],
    ['modules: {edged: {runtimeType: docker}}\n', 'v1alpha1'],
    ['modules: {metaManager: {podStatusSyncInterval: 60}}\n', 'v1alpha1'],
    ['kind: EdgeCore\n', 'v1alpha2'],
  ])('%j without apiVersion is %s, with a warning', (text, version) => {
    expect(parse(text).version).toBe(version);
    expect(said(text)[0]).toMatch(/^warning :- no apiVersion/);
  });

  test('other versions and kinds are errors', () => {
    expect(said('apiVersion: bogus/v9\n')[0]).toMatch(/^error apiVersion:1 apiVersion must be/);
    expect(said(`${V2}`.replace('kind: EdgeCore', 'kind: CloudCore'))[0]).toMatch(/^error kind:2 /);
  });

  test('flag over environment over key over format', () => {
    const text = `${V2}edgecoreTs: {cloudProfile: 2020}\n`;
    const env = { EDGECORE_CLOUD_PROFILE: 'auto' };
    expect(parse(V2).config?.cloudProfile).toBe('current');
    expect(parse(V1).config?.cloudProfile).toBe('2020');
    expect(parse(text).config?.cloudProfile).toBe('2020');
    expect(parse(text, { env }).config?.cloudProfile).toBe('auto');
    expect(parse(text, { env, cloudProfile: 'current' }).config?.cloudProfile).toBe('current');
    expect(said(V2, { env: { EDGECORE_CLOUD_PROFILE: 'modern' } })[0]).toMatch(
      /^error EDGECORE_CLOUD_PROFILE:- "modern" must be auto, 2020 or current/,
    );
  });

  test.each([
    ['Current', {}, /^error edgecoreTs\.cloudProfile:3 "Current" must be auto, 2020 or current/],
    ['auto', { cloudProfile: '1.4' }, /^error --cloud-profile:- "1\.4" must be auto, 2020 or current/],
  ])('no other names: %s in the file, %j', (written, options, text) => {
    expect(said(`${V2}edgecoreTs: {cloudProfile: ${written}}\n`, options)[0]).toMatch(text);
  });

  test('the file of another program version is used with a word (config.md §6)', () => {
    expect(said(`${V2}edgecoreVersion: v1.23.1\n`)).toEqual([
      `warning edgecoreVersion:3 "v1.23.1" is the version of another program (this one is ${VERSION}); the file is used as it is and not rewritten`,
    ]);
    expect(said(`${V2}edgecoreVersion: ""\n`)).toEqual([]);
    expect(said(`${V2}edgecoreVersion: v${VERSION}\n`)).toEqual([]);
  });
});

describe('classes of keys (L4, L5)', () => {
  test('without effect: said once when it is not the default', () => {
    expect(said(`${V1}modules: {edged: {networkPluginMTU: 1500}}`)).toEqual([]);
    expect(said(`${V1}modules: {edged: {networkPluginMTU: 1400}}`)).toEqual([
      'warning modules.edged.networkPluginMTU:3 1400 has no effect: pods use the networks of the container engine, no CNI plug-in is called',
    ]);
  });

  test('unknown: the nearest key is named', () => {
    expect(said(hub('hartbeat: 3'))[0]).toBe(
      'warning modules.edgeHub.hartbeat:3 unknown key, ignored: did you mean modules.edgeHub.heartbeat?',
    );
    expect(said(`${V2}modules: {edged: {maxPods: 3}}`)[0]).toContain(
      'did you mean modules.edged.tailoredKubeletConfig.maxPods?',
    );
  });

  test.each([V1, V2])('own keys say where pods live and whose containers they are (L10)', (version) => {
    const own = 'edgecoreTs: {edged: {instance: a, rootDirectory: /d/pods, podLogsDir: /d/logs}}\n';
    expect(parse(`${version}${own}`).config?.edged).toMatchObject({
      runtime: { instance: 'a' },
      directories: { root: '/d/pods', podLogs: '/d/logs' },
    });
    expect(parse(version).config?.edged.runtime.instance).toBe('');
  });

  test.each([
    [V1, '', 'auto'],
    [V1, 'modules: {edged: {runtimeType: docker}}', 'docker'],
    [V1, 'modules: {edged: {dockerAddress: "unix:///run/docker.sock"}}', 'docker'],
    [V1, 'modules: {edged: {runtimeType: docker}}\nedgecoreTs: {edged: {runtime: auto}}', 'auto'],
    [
      V2,
      'modules: {edged: {tailoredKubeletConfig: {containerRuntimeEndpoint: "unix:///var/run/docker.sock"}}}',
      'docker',
    ],
    // What every printed file has; it means "the usual engine" there (L6).
    [
      V2,
      'modules: {edged: {tailoredKubeletConfig: {containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock"}}}',
      'auto',
    ],
  ])('a file that names Docker never falls back to processes: %s%s', (version, keys, choice) => {
    expect(parse(`${version}${keys}\n`).config?.edged.runtime.choice).toBe(choice);
  });

  test('an own key in the wrong place: the right one is named (L10)', () => {
    expect(said(hub('queueBytes: 3'))[0]).toContain('its place is edgecoreTs.edgeHub.queueBytes');
    expect(parse(`${V2}edgecoreTs: {edgeHub: {queueBytes: 3}}`).config?.edgeHub.queueBytes).toBe(3);
  });

  test.each([
    'cpuManagerPolicy: static',
    'memoryManagerPolicy: Static',
    'topologyManagerPolicy: restricted',
    'topologyManagerPolicy: best-effort',
    'topologyManagerPolicyOptions: {a: b}',
    'cpuManagerPolicyOptions: {full-pcpus-only: "true"}',
    'systemReserved: {cpu: 100m}',
    'kubeReserved: {memory: 100Mi}',
    'reservedSystemCPUs: 0-1',
    'protectKernelDefaults: true',
    'qosReserved: {memory: 50%}',
    'reservedMemory: [{numaNode: 0}]',
    'enforceNodeAllocatable: [pods, kube-reserved]',
    'featureGates: {NodeSwap: true}',
  ])('refused: %s', (key) => {
    const text = `${V2}modules: {edged: {tailoredKubeletConfig: {${key}}}}`;
    expect(said(text)[0]).toMatch(/^error .* is refused: .*--allow-unsupported/);
    const allowed = parse(text, { allowUnsupported: true });
    expect(allowed.config).toBeDefined();
    expect(allowed.problems).toEqual([expect.objectContaining({ severity: 'warning', kind: 'refused' })]);
  });

  test('a stricter seccomp default is honoured, in either place', () => {
    for (const keys of ['seccompDefault: true', 'tailoredKubeletConfig: {seccompDefault: true}']) {
      const { config, problems } = parse(`${V2}modules: {edged: {${keys}}}`);
      expect(problems).toEqual([]);
      expect(config?.edged.pods.seccompDefault).toBe(true);
    }
  });

  test('safe values of the same keys are taken', () => {
    const keys = 'cpuManagerPolicy: none, seccompDefault: false, featureGates: {NodeSwap: false}';
    expect(said(`${V2}modules: {edged: {tailoredKubeletConfig: {${keys}}}}`)).toEqual([]);
  });

  test('QUIC is refused whatever is allowed', () => {
    const text = hub('quic: {enable: true}, websocket: {enable: false}');
    for (const allowUnsupported of [false, true]) {
      const [problem] = said(text, { allowUnsupported });
      expect(problem).toMatch(
        /^error modules\.edgeHub\.quic\.enable:3 modules\.edgeHub\.quic\.enable is true/,
      );
      expect(problem).toMatch(/gQUIC Q039.*Q043.*Q044.*websocket/);
    }
  });

  test('runtime endpoints', () => {
    const endpoint = (value: string) =>
      `${V2}modules: {edged: {tailoredKubeletConfig: {containerRuntimeEndpoint: "${value}"}}}`;
    expect(parse(endpoint('unix:///run/user/1/docker.sock')).config?.edged.runtime.dockerEndpoint).toBe(
      '/run/user/1/docker.sock',
    );
    expect(parse(endpoint('unix:///run/containerd/containerd.sock')).problems).toEqual([
      expect.objectContaining({ severity: 'info' }),
    ]);
    expect(said(endpoint('unix:///run/crio/crio.sock'))[0]).toMatch(/^error .*only Docker's API/);
    expect(
      parse(endpoint('unix:///run/crio/crio.sock'), { allowUnsupported: true }).config?.edged.runtime
        .dockerEndpoint,
    ).toBe('/var/run/docker.sock');
    const remote = `${V1}modules: {edged: {runtimeType: remote, remoteRuntimeEndpoint: "unix:///run/containerd/containerd.sock"}}`;
    expect(said(remote)[0]).toMatch(/^error modules\.edged\.remoteRuntimeEndpoint:3 /);
  });

  test('strict turns warnings into errors', () => {
    expect(said(hub('hartbeat: 3'), { strict: true })[0]).toMatch(/^error /);
    expect(parse(hub('hartbeat: 3'), { strict: true }).config).toBeUndefined();
  });

  test('the table has every key of the file and hides secrets (L9)', () => {
    const { keys } = parse(hub('heartbeat: 15, token: abc.d.e.f, hartbeat: 1'));
    expect(keys.map(({ path, class: kind, value, isDefault }) => [path, kind, value, isDefault])).toEqual(
      expect.arrayContaining([
        ['modules.edgeHub.heartbeat', 'used', '15', true],
        ['modules.edgeHub.token', 'used', '<redacted>', false],
        ['modules.edgeHub.hartbeat', 'unknown', '', false],
      ]),
    );
  });
});
