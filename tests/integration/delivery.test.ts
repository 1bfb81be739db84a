import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createClient, type Client, type WebSocketConstructor } from '@/service';
import { quote, startHub, SYMBOLS, type Running } from '../server/hub/support';
import { seeded } from '../support/seeded';
import { waitFor } from '../support/waitFor';

const TRADES = 'trades:AAPL';
const sockets: WebSocket[] = [];
class Recorded extends WebSocket {
  constructor(url: string, protocols?: string[]) {
    super(url, protocols);
    sockets.push(this);
  }
}
let hub: Running | null = null;
let client: Client | null = null;
afterEach(async () => {
  client?.disconnectAll();
  await hub?.stop();
  hub = client = null;
  sockets.length = 0;
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const trade = (n: number) => ({ id: String(n), price: '1', size: '1', side: 'buy', t: n, venue: 'binance', quality: 'live' });

/** What a page would hold of the market and of one tape. */
class Page {
  readonly prices = new Map<string, unknown>();
  readonly trades: number[] = [];
  readonly faults: string[] = [];
  lost = 0;
  receipts = 0;
  private readonly at = new Map<string, number>();

  constructor(sdk: Client) {
    sdk.on('receipt', ({ receipt }) => {
      this.receipts++;
      if (receipt.channel === TRADES) this.lost += receipt.lost;
    });
    sdk.on('change', (change) => {
      if (change.family === 'market') {
        if (change.replace) this.prices.clear();
        for (const { key, value } of change.updates) {
          if (value === null) this.prices.delete(key);
          else this.prices.set(key, value.price);
          // Prices only grow here, so that one that falls came from an earlier moment.
          if (value && (value.price ?? 0) < (this.at.get(key) ?? 0)) this.faults.push(`${key} went back to ${String(value.price)}`);
          if (value) this.at.set(key, value.price ?? 0);
        }
      } else if (change.family === 'trades') {
        this.lost += change.lost;
        this.trades.push(...change.items.map((item) => item.seq));
      }
    });
  }
}

describe('over real sockets', () => {
  it('after cuts in the middle of frames, pauses of the reader and floods, the page holds what the server holds, and each trade once', async () => {
    const running = (hub = await startHub({ windowBytes: 16_384 }));
    const { owner } = running;
    const sdk = (client = createClient({ server: `http://127.0.0.1:${running.port}`, streams: ['market'], WebSocket: Recorded as unknown as WebSocketConstructor, random: () => 0.001, fetch: () => Promise.reject(new Error('not here')) }));
    const page = new Page(sdk);
    sdk.subscribeChannel(TRADES);
    sdk.connect();
    const truth = new Map<string, number>();
    const chance = seeded(11);
    let n = 0;
    const busy = (changes: number): void => {
      for (let i = 0; i < changes; i++) {
        const symbol = SYMBOLS[Math.floor(chance() * SYMBOLS.length)] ?? 'AAPL';
        if (chance() < 0.05) {
          owner.set('market', { [symbol]: undefined });
          truth.delete(symbol);
        } else {
          owner.quotes(quote(symbol, ++n));
          truth.set(symbol, n);
        }
        if (chance() < 0.3) owner.append(TRADES, trade(++n));
      }
    };
    await waitFor(() => sdk.status('market')?.state === 'live');
    for (let round = 0; round < 60; round++) {
      busy(1 + Math.floor(chance() * 200));
      await pause(Math.floor(chance() * 15));
      const socket = sockets.at(-1);
      const what = chance();
      if (what < 0.5) socket?.terminate();
      else if (what < 0.8 && socket?.readyState === WebSocket.OPEN) {
        socket.pause();
        for (let i = 0; i < 5; i++) {
          busy(200);
          await pause(12);
        }
        socket.resume();
      }
      // Not always whole again before the next fault.
      if (chance() < 0.7) await waitFor(() => sdk.status('market')?.state === 'live', { timeoutMs: 10_000 });
    }
    const newest = () => page.trades.at(-1);
    let top = 0;
    await waitFor(() => {
      top = running.hub.snapshot(TRADES)?.seq ?? 0;
      return newest() === top && page.prices.size === truth.size && [...truth].every(([key, last]) => page.prices.get(key) === last);
    }, { timeoutMs: 10_000, message: () => `newest ${String(newest())} of ${top}; ${JSON.stringify([...page.prices])} instead of ${JSON.stringify([...truth])}` });
    expect(page.faults).toEqual([]);
    expect(page.receipts).toBeGreaterThan(10);
    expect(page.lost).toBe(0);
    expect(page.trades).toEqual(Array.from({ length: top }, (_, i) => i + 1));
    expect(await running.count('clientCloses', { code: '4003' })).toBe(0);
  }, 60_000);
});
