import { afterEach, describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import { BookWatch } from '../../../server/connectors/bookWatch';
import type { Connector, ConnectorContext } from '../../../server/connectors/base/connector';
import { PLAIN_STATUS } from '../../../server/connectors/base/status';
import { BINANCE_DEFAULTS, createBinanceConnector } from '../../../server/connectors/binance';
import { COINBASE_DEFAULTS, createCoinbaseConnector } from '../../../server/connectors/coinbase';
import { createKrakenConnector, KRAKEN_DEFAULTS } from '../../../server/connectors/kraken';
import { createOkxConnector, OKX_DEFAULTS } from '../../../server/connectors/okx';
import { VENUES } from '../../../server/connectors/registry';
import { createSupervisor } from '../../../server/connectors/supervisor';
import { systemClock } from '../../../server/observability/clock';
import { collectingContext, FAST_LIMITS, pick, silentLog } from '../../support/connectorRig';
import { FakeVenue } from '../../support/fakeVenue';
import { waitFor } from '../../support/waitFor';
import { FakeCoinbase } from '../coinbase/fakeCoinbase';
import { FakeKraken } from '../kraken/fakeKraken';
import { FakeOkx } from '../okx/fakeOkx';

/** The connection outlives the silence: only the server's mode changes. */
const limits = { ...FAST_LIMITS, staleMs: 5_000, silentMs: 20_000 };
interface Case { readonly id: string; start(): Promise<{ venue: FakeVenue; move(): void }>; create(context: ConnectorContext): Connector }
let last = 100;

const CASES: readonly Case[] = [
  {
    id: 'binance', create: (context) => createBinanceConnector(context, { ...BINANCE_DEFAULTS, limits, books: true }),
    async start() {
      const venue = await FakeVenue.start();
      return { venue, move: () => numbered(venue) };
    },
  },
  {
    id: 'okx', create: (context) => createOkxConnector(context, { ...OKX_DEFAULTS, limits, books: true, renewMs: 20, restPaceMs: 1 }),
    async start() {
      const venue = await FakeOkx.start();
      venue.snapshots = true;
      return { venue, move: () => numbered(venue) };
    },
  },
  {
    id: 'kraken', create: (context) => createKrakenConnector(context, { ...KRAKEN_DEFAULTS, limits, books: true, depth: 10, resubscribeMs: 20, restPaceMs: 1 }),
    async start() {
      const venue = await FakeKraken.start();
      return { venue, move: () => venue.bookUpdate('BTCUSDT', [['98.00', String((last += 1))]], []) };
    },
  },
  {
    id: 'coinbase', create: (context) => createCoinbaseConnector(context, { ...COINBASE_DEFAULTS, limits, books: true }),
    async start() {
      const venue = await FakeCoinbase.start();
      return { venue, move: () => venue.level2('BTCUSDT', [['bid', '98.00', String((last += 1))]]) };
    },
  },
];

/** One change, and the snapshot that a question would get now. */
function numbered(venue: FakeVenue): void {
  last += 1;
  venue.depth('BTCUSDT', last, last, [['98.00', String(last)]]);
  venue.book = { ...venue.book, lastUpdateId: last };
}

let close: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of close) await end();
  close = [];
  last = 100;
});

describe('order books over a change of what is shown', () => {
  /** The engine drops its books with the mode, the connector keeps its own and went on with changes only: the book stayed empty for good. */
  it.each(CASES)('$id: a book comes back after simulated prices although its connection never broke', async ({ id, create, start }) => {
    const { venue, move } = await start();
    const engine = createEngine({ instruments: pick('BTC/USDT'), venuePriority: [id] });
    const simulator: Connector = {
      id: 'simulator', start: () => undefined, stop: () => Promise.resolve(), feedClock: { now: () => Date.now(), speed: 1 },
      status: () => ({ ...PLAIN_STATUS, id: 'simulator', name: 'Simulator', state: 'live', reason: '', lastMessageAgeMs: null, messagesPerSecond: 0, reconnects: 0, clockOffsetMs: null, nextAttemptInMs: null, symbols: [] }),
    };
    const supervisor = createSupervisor({
      feed: 'auto', answerMs: 10_000, lostMs: 150, clock: systemClock, log: silentLog, simulator: () => simulator, replay: () => simulator,
      venues: VENUES.filter(({ descriptor }) => descriptor.id === id).map(({ descriptor }) => ({ ...descriptor, create })),
      emit: (event) => engine.step(event, () => undefined),
      makeContext: (_descriptor, emit) => ({ ...collectingContext({ ws: venue.wsUrl, rest: venue.restUrl }, pick('BTC/USDT')), emit }),
    });
    close.push(() => supervisor.stop(), () => venue.stop());
    const started = supervisor.start();
    await waitFor(() => venue.open.some((connection) => connection.streams.size > 2));
    const book = (): string | undefined => engine.book(id, 'BTC/USDT', 1)?.state;
    await waitFor(() => {
      move();
      return book() === 'ok';
    }, { message: 'there was no book at first' });
    await started;
    await waitFor(() => supervisor.mode === 'simulated', { message: 'live did not end' });
    expect(book()).toBeUndefined();
    await waitFor(() => {
      move();
      return supervisor.mode === 'live' && book() === 'ok';
    }, { message: `the book stays ${book() ?? 'absent'}` });
  });

  it('asks a source once for all its books, again only after a while, and not for those that began', () => {
    const watch = new BookWatch();
    const event = (action: 'snapshot' | 'delta', symbol = 'BTC/USDT') => ({ venue: 'okx', symbol, action });
    expect(watch.orphan(event('delta'), 0)).toBe(true);
    expect(watch.orphan(event('delta', 'ETH/USDT'), 1)).toBe(false);
    expect(watch.orphan(event('delta'), 10_001)).toBe(true);
    expect(watch.orphan(event('snapshot'), 10_002)).toBe(false);
    expect(watch.orphan(event('delta'), 30_000)).toBe(false);
    watch.clear();
    expect(watch.orphan(event('delta'), 30_001)).toBe(true);
  });
});
