import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually, Namespace, tempDir, withNamespaces } from '@edgecore/testing';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { MeshProcess } from '../support/mesh-process.js';
import { endpoints, service } from '../support/objects.js';
import { testWith } from '../support/programs.js';

const DNS = '172.17.0.1';
const NAME = 'nginx-svc.default.svc.cluster.local';
/** All that a pod may write: short names by its search list. */
const FORMS = ['nginx-svc', 'nginx-svc.default', 'nginx-svc.default.svc', NAME, `${NAME}.`];

withNamespaces()('programs everybody has, with resolvers of their own, in a pod’s network', () => {
  let node: Namespace;
  let pod: Namespace;
  let mesh: MeshProcess;
  let dir: string;

  beforeAll(async () => {
    [node, pod, dir] = await Promise.all([Namespace.create(), Namespace.create(), tempDir()]);
    await node.addBridge('docker0', `${DNS}/16`);
    await node.plug(pod, 'docker0', '172.17.0.2/16', DNS);
    await mkdir(join(dir, 'www'));
    await writeFile(join(dir, 'www', 'index.html'), 'hello\n');
    pod.spawn('busybox', ['httpd', '-f', '-p', '80', '-h', join(dir, 'www')]);
    // As edged writes it.
    const domains = 'default.svc.cluster.local svc.cluster.local cluster.local';
    await writeFile(join(dir, 'resolv.conf'), `nameserver ${DNS}\nsearch ${domains}\noptions ndots:5\n`);
    mesh = await MeshProcess.start(node, join(dir, 'edgecore.db'));
    await mesh.down('insert', 'default/service/nginx-svc', service('nginx-svc', { selector: {} }));
    await mesh.down(
      'insert',
      'default/endpoints/nginx-svc',
      endpoints('nginx-svc', ['172.17.0.2'], 80, 'http-0'),
    );
    await eventually(() => pod.run('busybox', 'wget', '-q', '-O', '-', 'http://127.0.0.1/').then(() => true));
  });

  afterAll(async () => {
    await mesh?.end('SIGTERM');
    await Promise.all([node, pod].map((one) => one?.close()));
  });

  /** A program in the pod's network that finds the pod's `resolv.conf`; what it prints. */
  const inPod = (...command: string[]) => {
    const mounted = `mount --bind ${join(dir, 'resolv.conf')} /etc/resolv.conf && exec "$@"`;
    return pod.run('unshare', '--mount', 'sh', '-c', mounted, 'sh', ...command);
  };
  const dig = (...args: string[]) => inPod('dig', `@${DNS}`, '+time=5', '+tries=1', ...args);

  testWith('dig', 'right answers, of every kind, and nothing to complain about', async () => {
    for (const how of ['+notcp', '+tcp', '+noedns', '+bufsize=512', '+cookie', '+dnssec']) {
      const said = await dig(how, NAME);
      expect(said).toMatch(/status: NOERROR/);
      expect(said).toMatch(/flags: qr aa rd/);
      expect(said).toMatch(/IN\s+A\s+9\.251\.0\.1\n/);
      // It warns of `.local`, whoever answers.
      expect(said.replace('WARNING: .local', '')).not.toMatch(/warning|malformed|mismatch|bad/i);
    }
    expect(await dig('+short', NAME.toUpperCase())).toBe('9.251.0.1\n');
    expect(await dig('AAAA', NAME)).toMatch(/status: NOERROR.*ANSWER: 0/s);
    expect(await dig('+short', 'SRV', `_http-0._tcp.${NAME}`)).toBe(`0 100 12345 ${NAME}.\n`);
    expect(await dig('+short', '-x', '9.251.0.1')).toBe(`${NAME}.\n`);
    expect(await dig('nope.default.svc.cluster.local')).toMatch(/status: NXDOMAIN/);
  });

  testWith('curl', 'a page by every form of the name, and the reason when there is no endpoint', async () => {
    for (const form of FORMS) {
      expect([form, await inPod('curl', '-sS', '-m', '10', `http://${form}:12345/`)]).toEqual([
        form,
        'hello\n',
      ]);
    }
    await mesh.down('insert', 'default/service/empty', service('empty', { selector: {} }));
    const said = await inPod('curl', '-sS', '-m', '10', '-w', '%{http_code}', 'http://empty:12345/');
    expect(said).toMatch(/default\/empty.*no endpoint.*503$/s);
  });

  testWith('busybox', 'wget gets a page by every form of the name', async () => {
    for (const form of FORMS) {
      const page = await inPod('busybox', 'wget', '-q', '-O', '-', `http://${form}:12345/`);
      expect([form, page]).toEqual([form, 'hello\n']);
    }
  });

  testWith('musl-gcc', 'a program with musl’s resolver finds every form of the name', async () => {
    const lookup = join(dir, 'lookup');
    const source = fileURLToPath(new URL('../support/lookup.c', import.meta.url));
    await promisify(execFile)('musl-gcc', ['-static', '-o', lookup, source]);
    for (const form of FORMS) expect([form, await inPod(lookup, form)]).toEqual([form, '9.251.0.1\n']);
    // It gives up on the whole name when either of its two questions is refused.
    expect(await inPod(lookup, `nope.default.svc.cluster.local.`)).toBe('no such name\n');
  });
});
