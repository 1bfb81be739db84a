import { createHash } from 'node:crypto';
import { ScoreChain } from '@/core/analysis/chainScore';
import { Ratings } from '@/core/analysis/ratings';
import { ScorecardBook } from '@/core/analysis/scorecardBook';
import type { ScorecardReport } from '@/core/contract';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import type { Candle } from '@/core/market/outputs';
import { SimulatedMarket } from '@/core/simulator/market';

const MINUTE = 60_000;
const START = Date.parse('2026-03-10T00:00:00Z');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** One-minute candles of trades of a simulated market, each given away when the first trade of the next minute comes. */
function* closedMinutes(seed: number, symbols: readonly string[], minutes: number): Generator<readonly [symbol: string, candle: Candle]> {
  const market = new SimulatedMarket(seed, BUILT_IN_INSTRUMENTS.filter((i) => symbols.includes(i.symbol)));
  const forming = new Map<string, { openTime: number; open: number; high: number; low: number; close: number; volume: number }>();
  const closed: (readonly [string, Candle])[] = [];
  for (let time = START; time < START + minutes * MINUTE; time += 1000) {
    market.step(time, ({ instrument: { symbol, tickSize, lotSize }, trades, bidTicks, askTicks }) => {
      const openTime = time - (time % MINUTE);
      for (let k = 0; k < trades.count; k++) {
        const price = (trades.buy[k] === 1 ? askTicks : bidTicks) * tickSize;
        let candle = forming.get(symbol);
        if (candle?.openTime !== openTime) {
          if (candle) closed.push([symbol, candle]);
          forming.set(symbol, (candle = { openTime, open: price, high: price, low: price, close: price, volume: 0 }));
        }
        candle.high = Math.max(candle.high, price);
        candle.low = Math.min(candle.low, price);
        candle.close = price;
        candle.volume += (trades.lots[k] ?? 0) * lotSize;
      }
    });
    yield* closed.splice(0);
  }
}

/** Scorecard of the signals of a simulated market, a martingale on which no method can have an edge. */
export function simulatedScorecard(seed: number, symbols: readonly string[], minutes: number): Pick<ScorecardReport, 'signals' | 'pooledSignals'> {
  const ratings = new Ratings();
  const book = new ScorecardBook();
  const chain = new ScoreChain({ family: 'signals', sha256, write: () => undefined, onRecord: (record) => book.read(record) });
  const series = new Map<string, Candle[]>();
  for (const [symbol, candle] of closedMinutes(seed, symbols, minutes)) {
    const candles = series.get(symbol) ?? [];
    series.set(symbol, candles);
    candles.push(candle);
    if (candles.length > 600) candles.splice(0, 100);
    ratings.closed({ symbol, interval: '1m', candles, kind: 'simulated', venue: 'simulator', now: candle.openTime + MINUTE, mid: null, warm: false }, (output) => void chain.take(output));
  }
  return book.report({ window: 'all', symbol: null, tf: null, now: START + minutes * MINUTE, open: chain.ledger.open() });
}
