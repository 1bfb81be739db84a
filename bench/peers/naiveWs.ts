import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { plainUpdate, symbolOf, SYMBOLS, type Subject } from './subject';

/** What most people write: the whole state at the beginning, then `JSON.stringify` and `send` for each client and update. */
export async function startNaiveWs(): Promise<Subject> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  const clients = new Map<WebSocket, { symbols: ReadonlySet<string> | null }>();
  const state = new Map<string, unknown>();
  for (let i = 0; i < SYMBOLS; i++) state.set(symbolOf(i), plainUpdate(i, 0).data);
  server.on('connection', (ws) => {
    const client = { symbols: null as ReadonlySet<string> | null };
    clients.set(ws, client);
    ws.on('error', () => ws.terminate());
    ws.on('close', () => clients.delete(ws));
    ws.on('message', (data) => {
      const { symbols } = JSON.parse((data as Buffer).toString('utf8')) as { symbols: string[] };
      client.symbols = new Set(symbols);
    });
    ws.send(JSON.stringify({ type: 'initial_data', data: Object.fromEntries(state), timestamp: new Date().toISOString() }));
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  let turn = 0;
  return {
    port: (server.address() as AddressInfo).port,
    tick() {
      turn++;
      for (let i = 0; i < SYMBOLS; i++) {
        const update = plainUpdate(i, turn);
        state.set(update.symbol, update.data);
        for (const [ws, { symbols }] of clients) if (symbols === null || symbols.has(update.symbol)) ws.send(JSON.stringify(update));
      }
    },
  };
}
