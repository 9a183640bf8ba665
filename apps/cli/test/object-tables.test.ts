import { expect, test } from '@jest/globals';
import { OBJECT_TABLES } from '../src/object-tables.js';

const metadata = { namespace: 'default', name: 'web' };

test('services with ports and selector; without either', () => {
  const ports = [{ port: 80 }, { port: 53, protocol: 'UDP' }];
  expect(
    OBJECT_TABLES['services']!([
      { metadata, spec: { ports, selector: { app: 'web', tier: 'front' } } },
      { metadata: { namespace: 'default', name: 'kubernetes' }, spec: null },
    ]),
  ).toBe(
    [
      'NAMESPACE  SERVICE     PORTS          SELECTOR',
      'default    web         80/TCP,53/UDP  app=web,tier=front',
      'default    kubernetes',
    ].join('\n'),
  );
  expect(OBJECT_TABLES['services']!([])).toBe('No services.');
});

test('endpoints with every address at every port', () => {
  const subsets = [
    { addresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }], ports: [{ port: 80 }, { port: 81 }] },
    7,
  ];
  expect(
    OBJECT_TABLES['endpoints']!([
      { metadata, subsets },
      { metadata, subsets: [{}] },
    ]),
  ).toBe(
    [
      'NAMESPACE  SERVICE  ADDRESSES',
      'default    web      10.0.0.1:80,10.0.0.1:81,10.0.0.2:80,10.0.0.2:81',
      'default    web      (none)',
    ].join('\n'),
  );
  expect(OBJECT_TABLES['endpoints']!([])).toBe('No endpoints.');
});
