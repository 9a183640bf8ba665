import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';

export interface TcpProxy {
  /** What it does with bytes from behind; `refuse` closes new connections at once. */
  mode: 'pass' | 'stall' | 'refuse';
  /** Bytes that came from behind so far. */
  readonly received: number;
  /** Switches the mode once this many more bytes have come from behind. */
  after(bytes: number, act: () => void): void;
  /** Cuts every open connection. */
  cut(): void;
  close(): Promise<void>;
}

/** A link that can be frozen or cut, in front of something real. */
export async function tcpProxy(
  listen: { readonly path: string } | { readonly port: number; readonly host: string },
  target: NetConnectOpts,
): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let trigger: { at: number; act: () => void } | undefined;
  const state = { mode: 'pass' as TcpProxy['mode'], received: 0 };

  const server: Server = createServer({ allowHalfOpen: true }, (front) => {
    front.on('error', () => {});
    if (state.mode === 'refuse') {
      front.destroy();
      return;
    }
    const back = connect({ ...target, allowHalfOpen: true });
    for (const socket of [front, back]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {});
    }
    front
      .on('data', (data) => back.write(data))
      .on('end', () => back.end())
      .on('close', () => back.destroy());
    back.on('end', () => front.end()).on('close', () => front.destroy());
    back.on('data', (data) => {
      state.received += data.length;
      if (trigger && state.received >= trigger.at) {
        const { act } = trigger;
        trigger = undefined;
        act();
      }
      if (state.mode === 'pass' && !front.destroyed) front.write(data);
      else if (state.mode === 'stall') back.pause();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(listen, resolve);
  });

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return Object.assign(state, {
    after: (bytes: number, act: () => void) => {
      trigger = { at: state.received + bytes, act };
    },
    cut,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  });
}
