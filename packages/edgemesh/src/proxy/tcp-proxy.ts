import type { Socket } from 'node:net';
import { errorText } from '@edgecore/api';
import { connectToService } from './dial.js';
import { pump } from './pump.js';
import { StreamServer } from './stream-server.js';

/** Passes the bytes of each connection to an endpoint. A connection nobody takes is refused. */
export class TcpProxy extends StreamServer {
  protected serve(client: Socket, address: string): void {
    void this.#serve(client, address);
  }

  async #serve(client: Socket, address: string): Promise<void> {
    const { service, servicePort, metrics, log } = this.options;
    const fields = { service, port: servicePort, client: address };
    try {
      const connected = await connectToService(this.options, {
        client: address,
        gone: () => client.destroyed,
        onFailure: (failed, error) =>
          log.debug({ ...fields, endpoint: failed.id, error: errorText(error) }, 'endpoint failed'),
      });
      metrics.count('edgecore_mesh_connections_total', { protocol: 'tcp', result: 'served' });
      log.debug({ ...fields, endpoint: connected.backend.id }, 'connection');
      pump(client, connected);
    } catch (error) {
      metrics.count('edgecore_mesh_connections_total', { protocol: 'tcp', result: 'refused' });
      log.debug({ ...fields, error: errorText(error) }, 'connection refused');
      if (!client.destroyed) client.resetAndDestroy();
    }
  }
}
