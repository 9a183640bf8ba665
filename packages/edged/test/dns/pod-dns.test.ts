import { describe, expect, test } from '@jest/globals';
import { podDns } from '../../src/dns/pod-dns.js';
import { formatResolvConf, parseResolvConf } from '../../src/dns/resolv-conf.js';
import { pod } from '../support/builders.js';

const HOST = parseResolvConf(
  'nameserver 192.168.0.1\nsearch old\nsearch lan. home\noptions rotate timeout:1\n',
);
const CLUSTER = { servers: ['10.96.0.10', 'nonsense'], domain: 'cluster.local' };

const resolv = (spec: object, cluster = CLUSTER, host = HOST) => {
  const { config, warnings } = podDns(pod(spec), cluster, host);
  return { text: formatResolvConf(config), reasons: warnings.map(({ reason }) => reason) };
};

describe('resolv.conf (edged.md §5.3)', () => {
  const own = 'nameserver 192.168.0.1\nsearch lan home\noptions rotate timeout:1\n';
  const cluster =
    'nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local lan home\noptions ndots:5\n';

  test.each([
    ['ClusterFirst', {}, cluster],
    ['ClusterFirst on the host network', { hostNetwork: true }, own],
    ['ClusterFirstWithHostNet', { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }, cluster],
    ['Default', { dnsPolicy: 'Default' }, own],
    ['None', { dnsPolicy: 'None' }, ''],
  ])('%s', (_name, spec, expected) => {
    expect(resolv(spec)).toEqual({ text: expected, reasons: [] });
  });

  test('no cluster DNS: said, and as Default', () => {
    expect(resolv({}, { servers: [], domain: '' })).toEqual({ text: own, reasons: ['MissingClusterDNS'] });
  });

  test('no cluster domain: no searches of its own', () => {
    expect(resolv({}, { servers: ['10.96.0.10'], domain: '' }).text).toBe(
      'nameserver 10.96.0.10\nsearch lan home\noptions ndots:5\n',
    );
  });

  test('dnsConfig adds without duplicates and overrides options by name', () => {
    const dnsConfig = {
      nameservers: ['10.96.0.10', '9.9.9.9'],
      searches: ['lan', 'my.own.'],
      options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
    };
    expect(resolv({ dnsConfig }).text).toBe(
      'nameserver 10.96.0.10\nnameserver 9.9.9.9\n' +
        'search default.svc.cluster.local svc.cluster.local cluster.local lan home my.own\noptions ndots:2 edns0\n',
    );
  });

  test('limits cut and are said', () => {
    const dnsConfig = {
      nameservers: ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'],
      searches: Array.from({ length: 40 }, (_, index) => `s${index}.example`),
    };
    const { text, reasons } = resolv({ dnsPolicy: 'None', dnsConfig });
    expect(text.split('\n').filter((line) => line.startsWith('nameserver'))).toHaveLength(3);
    expect(text).toMatch(/s31\.example\n/);
    expect(reasons).toEqual(['DNSConfigForming', 'DNSConfigForming']);
    const long = resolv({
      dnsPolicy: 'None',
      dnsConfig: { searches: Array.from({ length: 30 }, (_, i) => `${i}`.padStart(99, 'x')) },
    });
    expect(long.text.length).toBeLessThanOrEqual('search \n'.length + 2048);
  });
});
