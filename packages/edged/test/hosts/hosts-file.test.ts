import { describe, expect, test } from '@jest/globals';
import { hostNetworkHostsFile, podHostsFile } from '../../src/hosts/hosts-file.js';
import { podHostname } from '../../src/sandbox/pod-hostname.js';
import { pod } from '../support/builders.js';

const START = [
  '# Kubernetes-managed hosts file.',
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
  '',
].join('\n');

describe('hosts files, byte for byte (edged.md §5.4)', () => {
  test('with a subdomain', () => {
    const name = podHostname(
      pod({ hostname: 'host', subdomain: 'sub' }, { namespace: 'ns' }),
      'cluster.local',
    );
    expect(podHostsFile(['172.30.0.2'], name)).toBe(
      `${START}172.30.0.2\thost.sub.ns.svc.cluster.local\thost\n`,
    );
  });

  test('without one, two addresses, aliases', () => {
    const aliases = [
      { ip: '1.2.3.4', hostnames: ['a', 'b'] },
      { ip: '5.6.7.8', hostnames: ['c'] },
    ];
    expect(podHostsFile(['172.30.0.2', 'fd00::2'], podHostname(pod(), 'x'), aliases)).toBe(
      `${START}172.30.0.2\tweb-1\nfd00::2\tweb-1\n\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n5.6.7.8\tc\n`,
    );
  });

  test('on the network of the host', () => {
    expect(hostNetworkHostsFile('127.0.0.1 localhost\n', [{ ip: '1.2.3.4', hostnames: ['a'] }])).toBe(
      '# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n\n# Entries added by HostAliases.\n1.2.3.4\ta\n',
    );
  });
});

describe('host names', () => {
  test.each([
    [{}, 'web-1'],
    [{ hostname: 'h' }, 'h'],
    [{ hostname: `${'x'.repeat(62)}-tail` }, 'x'.repeat(62)],
    [{ hostname: 'h', subdomain: 's', setHostnameAsFQDN: true }, 'h.s.default.svc.edge.local'],
    [{ hostname: 'h', setHostnameAsFQDN: true }, 'h'],
  ])('%j', (spec, expected) => {
    expect(podHostname(pod(spec), 'edge.local').hostname).toBe(expected);
  });

  test('a full name that does not fit is an error', () => {
    const long = pod({ hostname: 'h'.repeat(60), subdomain: 's', setHostnameAsFQDN: true });
    expect(() => podHostname(long, 'edge.local')).toThrow(expect.objectContaining({ code: 'ERR_SANDBOX' }));
  });
});
