import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { createEngine } from '@/core/engine';
import { defaultInstrument } from '@/core/market/instruments';
import type { Connector, ConnectorContext } from '../../../server/connectors/base/connector';
import { BINANCE_DEFAULTS, createBinanceConnector } from '../../../server/connectors/binance';
import { COINBASE_DEFAULTS, createCoinbaseConnector } from '../../../server/connectors/coinbase';
import { createKrakenConnector, KRAKEN_DEFAULTS } from '../../../server/connectors/kraken';
import { createOkxConnector, OKX_DEFAULTS } from '../../../server/connectors/okx';
import { collectingContext, FAST_LIMITS } from '../../support/connectorRig';
import type { FakeVenue } from '../../support/fakeVenue';
import { FakeVenue as FakeBinance } from '../../support/fakeVenue';
import { answerAsRecorded, playRecording, readRecordingLines } from '../../support/venuePlayer';
import { waitFor } from '../../support/waitFor';
import { FakeCoinbase } from '../coinbase/fakeCoinbase';
import { FakeKraken } from '../kraken/fakeKraken';
import { FakeOkx } from '../okx/fakeOkx';
import { readCourse, type VenueId } from './course';

interface Played {
  readonly venue: VenueId;
  readonly fixture: string;
  readonly symbols: readonly string[];
  readonly kept: number;
  readonly fake: () => Promise<FakeVenue>;
  readonly create: (context: ConnectorContext) => Connector;
}

const limits = { ...FAST_LIMITS, staleMs: 5_000, silentMs: 10_000, maxMessageBytes: 16 * 2 ** 20 };
const cases: readonly Played[] = [
  { venue: 'binance', fixture: 'binance/spot-btcusdt-20240808-excerpt.jsonl', symbols: ['BTC/USDT'], kept: 100_000, fake: () => FakeBinance.start(), create: (c) => createBinanceConnector(c, { ...BINANCE_DEFAULTS, limits, books: true }) },
  { venue: 'okx', fixture: 'okx/btc-usdt-20220513-excerpt.jsonl', symbols: ['BTC/USDT'], kept: 100_000, fake: () => FakeOkx.start(), create: (c) => createOkxConnector(c, { ...OKX_DEFAULTS, limits, candles: false, books: true }) },
  { venue: 'coinbase', fixture: 'coinbase/advanced-btc-eth-20260809-excerpt.jsonl', symbols: ['BTC/USD', 'ETH/USD'], kept: 100_000, fake: () => FakeCoinbase.start(), create: (c) => createCoinbaseConnector(c, { ...COINBASE_DEFAULTS, limits, books: true }) },
  { venue: 'kraken', fixture: 'kraken/v2-btcusd-depth25-20260826.jsonl', symbols: ['BTC/USD'], kept: 25, fake: () => FakeKraken.start(), create: (c) => createKrakenConnector(c, { ...KRAKEN_DEFAULTS, limits, books: true }) },
];

describe('a recording played to the live connector over a real socket', () => {
  let close: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(close.map((f) => f()));
    close = [];
  });

  describe.each(cases)('P01 $venue', ({ venue: id, fixture, symbols, kept, fake, create }) => {
    // 1x keeps the pace of the recording, which is half a second to two seconds long.
    it.each([['as fast as possible', 0], ['at 20 times its pace', 20], ['at its own pace', 1]] as const)('%s gives the book of the reference', async (_name, speed) => {
      const path = fileURLToPath(new URL(`../../fixtures/${fixture}`, import.meta.url));
      const course = readCourse(id, path, kept, kept);
      const lines = readRecordingLines(path);
      const venue = await fake();
      // It says only what the recording says.
      venue.mute = true;
      venue.listed = Object.fromEntries(symbols.map((symbol) => {
        const [base = '', quote = ''] = symbol.split('/');
        return [`${base}${quote}`, { base, quote, status: 'TRADING', tick: '0.01000000', lot: '0.00000001' }];
      }));
      answerAsRecorded(venue, lines);
      const engine = createEngine({ instruments: symbols.map(defaultInstrument), venuePriority: [id] });
      engine.step({ type: 'mode', mode: 'live', reason: 'test', receiveTime: Date.now() }, () => undefined);
      const context = collectingContext({ ws: venue.wsUrl, rest: venue.restUrl }, symbols.map(defaultInstrument));
      const connector = create({ ...context, emit: (event) => engine.step(event, () => undefined) });
      close.push(() => connector.stop(), () => venue.stop());
      connector.start();
      await waitFor(() => venue.open.some((c) => c.messages.length > 0), { message: 'nothing was asked for' });
      const started = performance.now();
      await playRecording(venue, lines, { speed });
      const times = lines.filter((l) => l.t === 'recv').map((l) => l.ts);
      const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
      if (speed > 0) expect(performance.now() - started).toBeGreaterThan(span / speed - 20);
      for (const symbol of symbols) {
        await waitFor(() => {
          const book = engine.book(id, symbol, kept);
          return book?.state === 'ok' && JSON.stringify({ bids: book.bids, asks: book.asks }) === course.tops.get(symbol)?.at(-1);
        }, { message: () => `${symbol} is ${engine.book(id, symbol, 1)?.state}: ${engine.book(id, symbol, 1)?.reason}` });
      }
      expect(connector.status()).toMatchObject({ state: 'live', reconnects: 0 });
    }, 15_000);
  });
});
