import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { plainUpdate, SYMBOLS, type Subject } from './subject';

/** The part of the package used here, so that neither the compiler nor the linter needs it. */
interface SocketIo {
  readonly Server: new (server: Server, options: Record<string, unknown>) => { emit(event: string, value: unknown): void };
}

/** Socket.IO as its documentation shows it: one `io.emit` for each update, over WebSockets alone. */
export async function startSocketIo(): Promise<Subject> {
  const name: string = 'socket.io';
  const { Server: Io } = (await import(name)) as SocketIo;
  const server = createServer();
  // Its own pings are out of the way.
  const io = new Io(server, { transports: ['websocket'], serveClient: false, pingInterval: 600_000 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let turn = 0;
  return {
    port: (server.address() as AddressInfo).port,
    tick() {
      turn++;
      for (let i = 0; i < SYMBOLS; i++) io.emit('market_update', plainUpdate(i, turn));
    },
  };
}
