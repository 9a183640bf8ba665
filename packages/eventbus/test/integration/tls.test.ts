import { readFileSync } from 'node:fs';
import { eventually, startMosquitto, withMosquitto } from '@edgecore/testing';
import { beforeAll, expect, test } from '@jest/globals';
import { makePki, type PkiFiles } from '../support/pki.js';
import { afterTest, connectDevice, startRig } from '../support/rig.js';
import { embedded, external } from '../support/set-ups.js';

let pki: PkiFiles;
let stranger: PkiFiles;
beforeAll(async () => {
  pki = await makePki();
  stranger = await makePki();
});

const clientTls = ({ ca, clientCert, clientKey }: PkiFiles) => ({
  caFile: ca,
  certFile: clientCert,
  keyFile: clientKey,
});

const device = ({ clientCert, clientKey }: PkiFiles) => ({
  ca: readFileSync(pki.ca),
  cert: readFileSync(clientCert),
  key: readFileSync(clientKey),
});

for (const scheme of ['tls', 'wss']) {
  test(`embedded over ${scheme}, with certificates of clients`, async () => {
    const internalTls = { certFile: pki.serverCert, keyFile: pki.serverKey, clientCaFile: pki.ca };
    const { url, arrivals } = await embedded({
      ...{ internalServer: `${scheme}://127.0.0.1:0`, internalTls, filters: ['in/#'] },
    });
    const known = await connectDevice(url, device(pki));
    await known.client.publishAsync('in/x', 'secret', { qos: 1 });
    expect(arrivals).toHaveLength(1);
    await expect(connectDevice(url, { ca: readFileSync(pki.ca) })).rejects.toThrow();
    await expect(connectDevice(url, device(stranger))).rejects.toThrow();
    await expect(connectDevice(url, { ...device(pki), ca: readFileSync(stranger.ca) })).rejects.toThrow();
  });
}

test('embedded over TLS without certificates of clients', async () => {
  const internalTls = { certFile: pki.serverCert, keyFile: pki.serverKey };
  const { url, broker, arrivals } = await embedded({
    ...{ internalServer: 'tls://127.0.0.1:0', internalTls, filters: ['in/#'] },
  });
  const { client, texts } = await connectDevice(url, { ca: readFileSync(pki.ca), filters: ['out/#'] });
  await client.publishAsync('in/x', 'x', { qos: 1 });
  await broker.publish('out/x', 'back');
  await eventually(() => texts().length === 1);
  expect(arrivals).toHaveLength(1);
});

withMosquitto()('external over TLS', () => {
  async function secure(...config: string[]) {
    const server = await startMosquitto({
      config: [...['allow_anonymous true', 'cafile %d/ca', 'certfile %d/cert', 'keyfile %d/key'], ...config],
      files: {
        ca: readFileSync(pki.ca),
        cert: readFileSync(pki.serverCert),
        key: readFileSync(pki.serverKey),
      },
    });
    afterTest(() => server.kill());
    return `ssl://127.0.0.1:${server.port}`;
  }

  test('mutual: the broker is verified and sees our certificate', async () => {
    const externalServer = await secure('require_certificate true');
    const { broker, arrivals } = await external({ externalServer, tls: clientTls(pki), filters: ['in/#'] });
    const inside = await connectDevice(externalServer.replace('ssl', 'mqtts'), {
      ...device(pki),
      filters: ['out/#'],
    });
    await inside.client.publishAsync('in/x', 'x', { qos: 1 });
    broker.publish('out/x', 'x');
    await eventually(() => arrivals.length === 1 && inside.got.length === 1);
    const wrong = await external({
      externalServer,
      tls: { ...clientTls(stranger), caFile: pki.ca },
      ready: false,
    });
    await eventually(() => wrong.warnings.length > 0);
    expect(wrong.broker.problem).toBeDefined();
  });

  test('#21 with the wrong CA it does not connect, tries again, and everything else runs on', async () => {
    const externalServer = await secure();
    const tls = { ...clientTls(pki), caFile: stranger.ca };
    const rig = await startRig({ mode: 'both', externalServer, tls });
    await eventually(() => rig.complaints.some(({ text }) => text.includes('cannot be reached')));
    expect(rig.eventBus.health()).toMatchObject({ state: 'degraded' });
    const local = await connectDevice(await rig.url());
    await local.client.publishAsync('SYS/dis/upload_records', 'x', { qos: 1 });
    await eventually(() => rig.up.length === 1);
  });

  test('without TLS files nothing is verified, as upstream', async () => {
    const { broker } = await external({ externalServer: await secure() });
    expect(broker.problem).toBeUndefined();
  });
});
