import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { FakeVenue } from '../support/fakeVenue';
import { startServer } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';

interface BookMessage { readonly type: string; readonly state?: string; readonly reason?: string; readonly seq: number; readonly bids: readonly [string, string][]; readonly asks: readonly [string, string][] }
interface Answer { readonly state: string; readonly reason: string; readonly bids: readonly [string, string][]; readonly asks: readonly [string, string][] }

let closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

describe('a lost update, from the venue to the reader', () => {
  it('is shown as a gap by REST and by the channel while it lasts, repaired by one snapshot, and good again', async () => {
    const venue = await FakeVenue.start();
    closing.push(() => venue.stop());
    const env = { TICKGLASS_FEED: 'binance', TICKGLASS_SYMBOLS: 'BTC/USDT', TICKGLASS_DATA_DIR: ':memory:', TICKGLASS_BINANCE_WS_URL: venue.wsUrl, TICKGLASS_BINANCE_REST_URL: venue.restUrl };
    const one = await startServer({ fromSources: true, env });
    closing.push(() => one.stop('SIGKILL'));
    const socket = new WebSocket(`${one.url.replace('http', 'ws')}/ws/market/stream`);
    closing.push(() => Promise.resolve(socket.terminate()));
    const heard: BookMessage[] = [];
    socket.on('message', (raw: Buffer) => {
      const message = JSON.parse(raw.toString('utf8')) as BookMessage;
      if (message.type.startsWith('book_')) heard.push(message);
    });
    socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', channels: ['book:BTC/USDT@binance'] })));
    const wait = (message: string) => ({ timeoutMs: 15_000, message: () => `${message}; heard ${JSON.stringify(heard.slice(-3))}; log ${one.output().slice(-600)}` });
    const book = async () => (await (await fetch(`${one.url}/api/v1/orderbook?symbol=BTC/USDT&venue=binance&depth=10`)).json()) as Answer;
    const snapshots = () => venue.restCalls.filter((call) => call.includes('/depth')).length;

    await waitFor(() => venue.open.some((c) => c.streams.has('btcusdt@depth@100ms')), wait('the depth stream'));
    venue.trade('BTCUSDT', '100.00');
    venue.depth('BTCUSDT', 95, 100);
    await waitFor(async () => (await book()).state === 'ok', wait('a good book'));
    await waitFor(() => heard.at(-1)?.state === 'ok' && heard.at(-1)?.bids.length, wait('a good book on the channel'));
    expect(await book()).toMatchObject({ bids: [['99.00', '1']], asks: [['101.00', '1']] });
    expect(snapshots()).toBe(1);

    // The answer of the venue is held back, so that the gap lasts.
    let release: (value?: unknown) => void = () => undefined;
    venue.restGate = new Promise((resolve) => (release = resolve));
    venue.book = { lastUpdateId: 110, bids: [['98.00', '2']], asks: [['102.00', '3']] };
    const before = heard.length;
    venue.depth('BTCUSDT', 105, 110, [['98.00', '2'], ['99.00', '0']]);
    await waitFor(() => heard.slice(before).some((m) => m.state === 'gap'), wait('the gap on the channel'));
    const gap = heard.slice(before).find((m) => m.state === 'gap');
    expect(gap?.reason).toContain('101 to 104');
    expect(await book()).toMatchObject({ state: 'gap', reason: expect.stringContaining('101 to 104') as string });
    // Nothing was called good since, and nothing of the update behind the gap was shown.
    expect(heard.slice(before).some((m) => m.state === 'ok')).toBe(false);
    expect(JSON.stringify(heard)).not.toContain('98.00');

    release();
    await waitFor(() => heard.at(-1)?.state === 'ok', wait('the repair on the channel'));
    expect(await book()).toMatchObject({ state: 'ok', bids: [['98.00', '2']], asks: [['102.00', '3']] });
    expect(heard.findLast((m) => m.type === 'book_snapshot')).toMatchObject({ state: 'ok', bids: [['98.00', '2']], asks: [['102.00', '3']] });
    expect(snapshots()).toBe(2);
    const venues = (await (await fetch(`${one.url}/api/v1/venues`)).json()) as unknown;
    expect(JSON.stringify(venues)).toMatch(/"gaps_?[rR]epaired":1/);
  }, 60_000);
});
