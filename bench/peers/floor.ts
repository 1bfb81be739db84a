import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Subject } from './subject';

/** Net sockets without any library: the bytes of a tick, made once, in one write for each client. What no server in Node can beat. */
export async function startFloor(bytes: number): Promise<Subject> {
  const clients = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('close', () => clients.delete(socket));
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      clients.add(socket);
      socket.resume();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // It lasts as long as whoever asked for it has something to do.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    tick() {
      const line = Buffer.alloc(bytes, '0');
      line.set([0x81, 126, (bytes - 4) >> 8, (bytes - 4) & 0xff]);
      line.write(`{"t":"b","ts":${String(Date.now())},"r":[[0,0,0,`, 4);
      for (const socket of clients) socket.write(line);
    },
  };
}
