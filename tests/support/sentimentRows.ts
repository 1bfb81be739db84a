import type { MinuteRow, TouchRow } from '@/core/analysis/mix/prequential';
import type { Instrument } from '@/core/market/instrument';
import { SimulatedMarket } from '@/core/simulator';
import { RandomStream } from '@/core/simulator/random';

const START = Date.UTC(2026, 0, 5);
const MINUTE = 60_000;
/** Return of a quiet quarter of a minute. */
const SIGMA = 1e-4;

/** Minutes out of steps: four to a minute, each a log return. */
function minutes(count: number, step: (quarter: number) => number): MinuteRow[] {
  let price = 100;
  return Array.from({ length: count }, (_, i) => {
    const open = price;
    let high = open, low = open;
    for (let quarter = 0; quarter < 4; quarter++) {
      price *= Math.exp(step(quarter));
      high = Math.max(high, price);
      low = Math.min(low, price);
    }
    return { openTime: START + i * MINUTE, open, high, low, close: price, volume: 0 };
  });
}

/** A random walk whose volatility clusters (GARCH(1,1) from minute to minute): nothing in it says what comes. */
export function randomWalk(seed: number, count: number): MinuteRow[] {
  const random = new RandomStream(`${seed}|garch`);
  let variance = SIGMA ** 2, squares = 0;
  return minutes(count, (quarter) => {
    if (quarter === 0) {
      variance = 0.05 * SIGMA ** 2 + 0.1 * (squares / 4) + 0.85 * variance;
      squares = 0;
    }
    const r = Math.sqrt(variance) * random.normal();
    squares += r * r;
    return r;
  });
}

/** Minute returns with a planted dependence on the minute before: r = phi r(before) + noise. In theory 0.5 + asin(phi) / pi can be called right. */
export function dependentWalk(seed: number, count: number, phi: number): MinuteRow[] {
  const random = new RandomStream(`${seed}|ar`);
  let last = 0;
  return minutes(count, (quarter) => {
    if (quarter === 0) last = phi * last + SIGMA * random.normal();
    return last / 4;
  });
}

const SIMULATED: Instrument = { symbol: 'BTC/USDT', name: 'BTC/USDT', assetClass: 'crypto', base: 'BTC', quote: 'USDT', tickSize: 0.01, lotSize: 0.00001, venues: ['simulator'] };

/** The product's own simulated market, second by second. */
export function simulatedTouch(seed: number, seconds: number): TouchRow[] {
  const market = new SimulatedMarket(seed, [SIMULATED]);
  const rows: TouchRow[] = [];
  for (let i = 0; i < seconds; i++) {
    const time = START + i * 1000;
    market.step(time, (s) => rows.push({ time, bid: s.bidTicks * 0.01, bidSize: s.bidLots, ask: s.askTicks * 0.01, askSize: s.askLots }));
  }
  return rows;
}

/** Minutes of the mids of seconds. */
export function minutesOf(rows: readonly TouchRow[]): MinuteRow[] {
  const made = new Map<number, { openTime: number; open: number; high: number; low: number; close: number; volume: number }>();
  for (const { time, bid, ask } of rows) {
    const openTime = time - (time % MINUTE);
    const mid = (bid + ask) / 2;
    const row = made.get(openTime);
    if (!row) made.set(openTime, { openTime, open: mid, high: mid, low: mid, close: mid, volume: 0 });
    else Object.assign(row, { high: Math.max(row.high, mid), low: Math.min(row.low, mid), close: mid });
  }
  return [...made.values()];
}
