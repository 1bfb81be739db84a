import { afterEach, describe, expect, it, vi } from 'vitest';
import { createEngine } from '@/core/engine';
import { BookWatch } from '../../../server/connectors/bookWatch';
import type { Connector, ConnectorContext } from '../../../server/connectors/base/connector';
import { PLAIN_STATUS } from '../../../server/connectors/base/status';
import { BINANCE_DEFAULTS, createBinanceConnector } from '../../../server/connectors/binance';
import { COINBASE_DEFAULTS, createCoinbaseConnector } from '../../../server/connectors/coinbase';
import { createKrakenConnector, KRAKEN_DEFAULTS } from '../../../server/connectors/kraken';
import { createOkxConnector, OKX_DEFAULTS } from '../../../server/connectors/okx';
import { VENUES } from '../../../server/connectors/registry';
import { CrossedBooks } from '../../../server/connectors/crossedBooks';
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
interface Case { readonly id: string; start(): Promise<{ venue: FakeVenue; move(): void; cross(): void }>; create(context: ConnectorContext): Connector }
let last = 100;

const CASES: readonly Case[] = [
  {
    id: 'binance', create: (context) => createBinanceConnector(context, { ...BINANCE_DEFAULTS, limits, books: true }),
    async start() {
      const venue = await FakeVenue.start();
      return { venue, move: () => numbered(venue), cross: () => numbered(venue, [['150.00', '1']]) };
    },
  },
  {
    id: 'okx', create: (context) => createOkxConnector(context, { ...OKX_DEFAULTS, limits, books: true, renewMs: 20, restPaceMs: 1 }),
    async start() {
      const venue = await FakeOkx.start();
      venue.snapshots = true;
      return { venue, move: () => numbered(venue), cross: () => numbered(venue, [['150.00', '1']]) };
    },
  },
  {
    id: 'kraken', create: (context) => createKrakenConnector(context, { ...KRAKEN_DEFAULTS, limits, books: true, depth: 10, resubscribeMs: 20, restPaceMs: 1 }),
    async start() {
      const venue = await FakeKraken.start();
      return { venue, move: () => venue.bookUpdate('BTCUSDT', [['98.00', String((last += 1))]], []), cross: () => venue.bookUpdate('BTCUSDT', [['150.00', '1']], []) };
    },
  },
  {
    id: 'coinbase', create: (context) => createCoinbaseConnector(context, { ...COINBASE_DEFAULTS, limits, books: true }),
    async start() {
      const venue = await FakeCoinbase.start();
      return { venue, move: () => venue.level2('BTCUSDT', [['bid', '98.00', String((last += 1))]]), cross: () => venue.level2('BTCUSDT', [['bid', '150.00', '1']]) };
    },
  },
];

/** One change, and the snapshot that a question would get now. */
function numbered(venue: FakeVenue, bids: readonly (readonly [string, string])[] = []): void {
  last += 1;
  venue.depth('BTCUSDT', last, last, [['98.00', String(last)], ...bids]);
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

  /** The numbers were in order, so nobody asked for a snapshot: the book stayed crossed for as long as the venue did not touch the wrong level. */
  it.each(CASES)('$id: a book that stays crossed is rebuilt by one snapshot, and says so meanwhile', async ({ id, create, start }) => {
    const { venue, move, cross } = await start();
    const engine = createEngine({ instruments: pick('BTC/USDT'), venuePriority: [id] });
    const none = (): Connector => { throw new Error('there is no other source'); };
    const states: string[] = [];
    let reloads = 0;
    const watch = new CrossedBooks({ clock: systemClock, momentMs: 30, reload: (venueId, symbol) => {
      reloads += 1;
      supervisor.reloadBook(venueId, symbol);
    } });
    const supervisor = createSupervisor({
      feed: [id], clock: systemClock, log: silentLog, simulator: none, replay: none,
      venues: VENUES.filter(({ descriptor }) => descriptor.id === id).map(({ descriptor }) => ({ ...descriptor, create })),
      emit: (event) => engine.step(event, (output) => {
        if (output.type !== 'book') return;
        if (states.at(-1) !== output.state) states.push(output.state);
        watch.note(output);
      }),
      makeContext: (_descriptor, emit) => ({ ...collectingContext({ ws: venue.wsUrl, rest: venue.restUrl }, pick('BTC/USDT')), emit }),
    });
    close.push(() => supervisor.stop(), () => Promise.resolve(watch.stop()), () => venue.stop());
    const started = supervisor.start();
    await waitFor(() => venue.open.some((connection) => connection.streams.size > 2));
    const book = () => engine.book(id, 'BTC/USDT', 1);
    await waitFor(() => {
      move();
      return book()?.state === 'ok';
    }, { message: 'there was no book at first' });
    await started;
    states.length = 0;
    cross();
    await waitFor(() => states.includes('gap'), { message: () => `nobody noticed; it was ${states.join()}` });
    await waitFor(() => {
      move();
      return book()?.state === 'ok';
    }, { message: () => `the book is not rebuilt; it was ${states.join()}` });
    expect(states.slice(states.indexOf('crossed'))).toEqual(['crossed', 'gap', 'ok']);
    expect(book()?.bids[0]?.[0]).not.toBe('150.00');
    expect(reloads).toBe(1);
  });

  it('leaves a crossing of a moment alone, and waits longer each time while a snapshot is crossed too', () => {
    vi.useFakeTimers();
    try {
      const asked: number[] = [];
      const watch = new CrossedBooks({ clock: { now: () => Date.now(), monotonic: () => Date.now() }, reload: () => asked.push(Date.now() - begin) });
      const note = (state: 'crossed' | 'ok' | 'gap', kind: 'live' | 'replay' = 'live') => watch.note({ venue: 'okx', symbol: 'BTC/USDT', kind, state });
      const begin = Date.now();
      note('crossed');
      vi.advanceTimersByTime(200);
      note('ok');
      note('crossed', 'replay');
      vi.advanceTimersByTime(10_000);
      expect(asked).toEqual([]);
      for (let i = 0; i < 300; i++) {
        note('crossed');
        vi.advanceTimersByTime(400);
        if (asked.length > 0) note('gap');
      }
      expect(asked.slice(0, 4)).toEqual([10_450, 20_450, 40_450, 80_450]);
      watch.stop();
    } finally {
      vi.useRealTimers();
    }
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
