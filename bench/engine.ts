import { createAnalysis } from '@/core/analysis';
import type { Interval } from '@/core/contract';
import { createEngine } from '@/core/engine';
import { ROLLED } from '@/core/market/candles';
import type { CandleEvent, InputEvent, QuoteEvent, TradeEvent } from '@/core/market/events';
import type { Instrument } from '@/core/market/instrument';
import { syntheticInstruments } from '@/core/simulator';
import { quantile, type Figure } from './figure';

const INSTRUMENTS = 1_000;
/** Feed time measured, and what goes before it until the code is compiled. It holds one end of a minute, with its ratings. */
const SECONDS = 60;
const WARM_SECONDS = 20;
const PER_SECOND = 2_000;
/** Inputs made at a time: as with a feed they are fresh when they are taken, and garbage soon after. Fewer would measure the clock of the processor time. */
const BATCH = 250;
const ROUNDS = 3;
/** Minutes of history every instrument has before the measurement: every rating is complete. */
const PAST_MINUTES = 220;
const SECOND = 1_000;
const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5, 12);

type Kind = 'trade' | 'quote';

/** A repeatable sequence in [0, 1): the mix of a benchmark must not change from run to run. It makes no garbage, which the engine would have to wait for. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** The trades or quotes of all instruments in turn, prices a random walk in cents. */
function* batches(type: Kind, instruments: readonly Instrument[]): Generator<InputEvent[], void> {
  const random = chance(7);
  const prices = instruments.map(() => 10_000 + Math.floor(random() * 90_000));
  for (let i = 0; i < (WARM_SECONDS + SECONDS) * PER_SECOND;) {
    const made: InputEvent[] = [];
    for (const end = i + BATCH; i < end; i += 1) {
      const at = i % instruments.length;
      const price = Math.max(100, (prices[at] ?? 0) + Math.floor(random() * 5) - 2);
      prices[at] = price;
      made.push(input(type, i, instruments[at]?.symbol ?? '', price));
    }
    yield made;
  }
}

function input(type: Kind, i: number, symbol: string, cents: number): TradeEvent | QuoteEvent {
  const time = START + (i * SECOND) / PER_SECOND;
  const text = (cents / 100).toFixed(2);
  // Each written out whole: a literal with a spread is three objects more, of the benchmark and not of the engine.
  return type === 'trade'
    ? { type, venue: 'simulator', kind: 'simulated', route: 'simulator', symbol, venueTime: time, receiveTime: time, id: String(Math.floor(i / INSTRUMENTS)), price: text, size: '0.25', side: i % 2 === 0 ? 'buy' : 'sell' }
    : { type, venue: 'simulator', kind: 'simulated', route: 'simulator', symbol, venueTime: time, receiveTime: time, bid: text, bidSize: '1.5', ask: ((cents + 1) / 100).toFixed(2), askSize: '2.5', updateId: i };
}

/** One minute of an instrument's past, its volume with four decimals, as a venue would write it. */
function past(symbol: string, minute: number, random: () => number): CandleEvent {
  const open = 500 + 10 * random();
  const close = 500 + 10 * random();
  return {
    type: 'candle', venue: 'simulator', kind: 'simulated', route: 'simulator', symbol, venueTime: null, receiveTime: START, interval: '1m', openTime: START - minute * MINUTE,
    open, close, high: Math.max(open, close) + 1, low: Math.min(open, close) - 1, volume: Math.round(100_000 * random()) / 10_000, closed: true,
  };
}

/** Processor time in microseconds, garbage collection included. */
function spent(work: () => void): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return user + system;
}

/** Microseconds per event. */
interface Round {
  /** Its own step. */
  readonly step: number;
  /** Its part of what is done once a second for candles and indicators: closing, ratings, previews ... */
  readonly indicators: number;
  /** ... and for the sentiment. */
  readonly sentiment: number;
}

/** @param watched timeframes whose indicators are computed. */
function round(type: Kind, instruments: readonly Instrument[], watched: readonly Interval[]): Round {
  const analysis = createAnalysis({ intervals: watched, sentimentEveryMs: 30_000 });
  let sentiment = 0;
  const engine = createEngine({ instruments, venuePriority: ['simulator'], signalIntervals: watched }, {
    ...analysis,
    clock(now, sink) {
      sentiment += spent(() => analysis.clock(now, sink));
    },
  });
  const told = { trade: 0, quote: 0, refused: 0, rating: 0, candle: 0, sentiment: 0 } as Record<string, number>;
  const out = (output: { readonly type: string }): void => { told[output.type] = (told[output.type] ?? 0) + 1; };
  engine.step({ type: 'mode', mode: 'simulated', reason: 'benchmark', receiveTime: START }, out);
  const random = chance(3);
  for (let minute = PAST_MINUTES; minute > 0; minute--) for (const { symbol } of instruments) engine.step(past(symbol, minute, random), out);
  engine.step({ type: 'clock', receiveTime: START }, out);
  for (const name of Object.keys(told)) told[name] = 0;
  let steps = 0;
  let clocks = 0;
  let given = 0;
  sentiment = 0;
  for (const events of batches(type, instruments)) {
    const measured = given >= WARM_SECONDS * PER_SECOND;
    const taken = spent(() => { for (const event of events) engine.step(event, out); });
    given += events.length;
    const second = given % PER_SECOND === 0 ? given / PER_SECOND : 0;
    const clock = second === 0 ? 0 : spent(() => engine.step({ type: 'clock', receiveTime: START + second * SECOND }, out));
    if (!measured) {
      sentiment = 0;
      continue;
    }
    steps += taken;
    clocks += clock;
  }
  const all = (WARM_SECONDS + SECONDS) * PER_SECOND;
  // Nothing may be dropped: every trade is told, nearly every quote (those that repeat the one before are not), and all that follows from them.
  const complete = (told[type] ?? 0) >= (type === 'trade' ? all : 0.75 * all) && told.refused === 0 && (type === 'quote' || (told.rating ?? 0) > INSTRUMENTS) && (told.sentiment ?? 0) > INSTRUMENTS;
  if (!complete) throw new Error(`the engine left something out: ${JSON.stringify(told)}`);
  const events = SECONDS * PER_SECOND;
  return { step: steps / events, indicators: (clocks - sentiment) / events, sentiment: sentiment / events };
}

const RUNS = {
  'one trade, 1m watched': ['trade', ['1m']],
  'one trade, six timeframes watched': ['trade', ROLLED],
  'one quote, six timeframes watched': ['quote', ROLLED],
} as const satisfies Record<string, readonly [Kind, readonly Interval[]]>;

/** The median with the least and the most of the rounds. */
function figure(name: string, values: readonly number[], budget: number | null, note: string): Figure {
  const range = `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)} in ${String(values.length)} rounds`;
  return { name: `engine: ${name}`, value: quantile(values, 0.5), unit: 'us', budget, bound: 'at most', note: `${note}; ${range}` };
}

/**
 * Cost of one engine step, 1,000 instruments, processor time with the collector's. A watched timeframe is one that somebody reads: candles of all six are always
 * made, indicators and ratings of those watched. The server watches all six, as their signals go on record.
 */
export function measureEngine(): Promise<Figure[]> {
  const instruments = syntheticInstruments(INSTRUMENTS);
  const rounds = Object.entries(RUNS).map(([name, [kind, watched]]) => ({ name, once: () => round(kind, instruments, watched), done: [] as Round[] }));
  // In turn: what else the machine does meanwhile falls on all.
  for (let i = 0; i < ROUNDS; i += 1) for (const { once, done } of rounds) done.push(once());
  return Promise.resolve(rounds.flatMap(({ name, done }, i): Figure[] => [
    figure(`${name}, ${String(INSTRUMENTS)} instruments`, done.map((r) => r.step + r.indicators), i === 0 ? 3 : null, `step, candles, ratings and previews at ${String(PER_SECOND)} events a second of feed time`),
    figure(`${name}, the step alone`, done.map((r) => r.step), null, 'what is done once a second left out'),
    figure(`${name}, its part of the sentiment`, done.map((r) => r.sentiment), null, 'forecasts of every instrument each second'),
  ]));
}
