import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { pino } from 'pino';
import { STREAMS } from '@/core/contract';
import type { Quote } from '@/core/market/outputs';
import { createMemoryBus } from '../server/bus/memoryBus';
import { createHub } from '../server/hub/hub';
import { systemClock } from '../server/observability/clock';
import { createMetrics } from '../server/observability/metrics';
import type { Figure } from './figure';

const CLIENTS = 200;
const SYMBOLS = 50;
const TICKS = 50;
const TICK_MS = 20;

const quoteOf = (symbol: string, last: number): Quote => ({
  symbol, last, bid: last - 0.01, ask: last + 0.01, bidSize: 1.25, askSize: 2.5, open24h: 50_000, high24h: 51_000, low24h: 49_000, volume24h: 12_345.678,
  venue: 'simulator', kind: 'simulated', route: 'simulator', state: 'ok', venueTime: Date.now(), receiveTime: Date.now(),
});

/** A masked text frame of less than 126 bytes. */
function helloFrame(): Buffer {
  const body = Buffer.from('{"type":"hello","v":2}');
  return Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body]);
}

/** A client that reads and throws away, so that little but the server is measured. */
function reader(port: number, protocol: string, count: (bytes: number) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('data', () => {
      if (protocol) socket.write(helloFrame());
      resolve(socket);
    });
    socket.on('data', (chunk) => count(chunk.length));
    const offer = protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : '';
    socket.write(`GET ${STREAMS.market.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${offer}\r\n`);
  });
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Processor time and bytes for fanning 50 symbols a tick out to 200 clients of one dialect. */
async function measure(dialect: string, protocol: string): Promise<Figure[]> {
  const log = pino({ level: 'silent' });
  const bus = createMemoryBus(log);
  const options = { marketIntervalMs: 10, perAddress: 1e6, upgradesPerSecond: 1e6, upgradeBurst: 1e6, upgradesTotalPerSecond: 1e6 };
  const hub = createHub({ bus, clock: systemClock, feedClock: () => ({ now: () => Date.now(), speed: 1 }), metrics: createMetrics(), log, options, mode: () => 'simulated', feeds: () => ({}), knownSymbol: () => true });
  const server = createServer().on('upgrade', (req, socket, head) => hub.handleUpgrade(req, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let seq = 0;
  const tick = (n: number): void => {
    const changes = Array.from({ length: SYMBOLS }, (_, i) => ({ key: `SYM${i}/USD`, value: quoteOf(`SYM${i}/USD`, 50_000 + n + i / 100) }));
    bus.publish({ type: 'keyed', channel: 'market', epoch: 'bench', prev: seq, seq: (seq += SYMBOLS), changes });
  };
  tick(0);
  let bytes = 0;
  const sockets: Socket[] = [];
  for (let i = 0; i < CLIENTS; i++) sockets.push(await reader(port, protocol, (n) => void (bytes += n)));
  for (let n = 1; n < 5; n++) { // warm up
    tick(n);
    await sleep(TICK_MS);
  }
  await sleep(200);
  bytes = 0;
  const before = process.cpuUsage();
  for (let n = 0; n < TICKS; n++) {
    tick(100 + n);
    await sleep(TICK_MS);
  }
  await sleep(200);
  const used = process.cpuUsage(before);
  const updates = CLIENTS * SYMBOLS * TICKS;
  for (const socket of sockets) socket.destroy();
  await hub.close('bench over', 100);
  server.close();
  const note = `${CLIENTS} clients x ${SYMBOLS} symbols; reading side included`;
  return [
    { name: `hub fan-out, ${dialect}: processor time`, value: (used.user + used.system) / 1_000 / (updates / 1e6), unit: 'ms/M updates', budget: null, bound: 'at most', note },
    { name: `hub fan-out, ${dialect}: bytes`, value: bytes / updates, unit: 'B/update', budget: null, bound: 'at most' },
  ];
}

/** Fan-out of the hub alone, in each dialect. */
export async function measureHub(): Promise<Figure[]> {
  return [...(await measure('rows', 'tickglass.v2.rows')), ...(await measure('objects', 'tickglass.v2.json')), ...(await measure('plain', ''))];
}
