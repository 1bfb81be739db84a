import { createEngine } from '@/core/engine';
import type { CandleEvent, InputEvent, QuoteEvent, TradeEvent } from '@/core/market/events';
import type { Instrument } from '@/core/market/instrument';
import { syntheticInstruments } from '@/core/simulator';
import { quantile, type Figure } from './figure';

const INSTRUMENTS = 1_000;
/** Feed time measured, and what goes before it until the code is compiled. It holds two ends of minutes, with their ratings. */
const SECONDS = 120;
const WARM_SECONDS = 20;
const PER_SECOND = 2_000;
/** Inputs made at a time: as with a feed they are fresh when they are taken, and garbage soon after. */
const BATCH = 50;
const ROUNDS = 3;
/** Minutes of history every instrument has before the measurement: every rating is complete. */
const PAST_MINUTES = 220;
const SECOND = 1_000;
const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5, 12);

type Kind = 'trade' | 'quote';

/** A repeatable sequence in [0, 1): the mix of a benchmark must not change from run to run. */
function* chance(seed: number): Generator<number, never> {
  let state = seed >>> 0;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 4_294_967_296;
  }
}

/** The trades or quotes of all instruments in turn, prices a random walk in cents. */
function* batches(type: Kind, instruments: readonly Instrument[]): Generator<InputEvent[], void> {
  const random = chance(7);
  const prices = instruments.map(() => 10_000 + Math.floor(random.next().value * 90_000));
  for (let i = 0; i < (WARM_SECONDS + SECONDS) * PER_SECOND;) {
    const made: InputEvent[] = [];
    for (const end = i + BATCH; i < end; i += 1) {
      const at = i % instruments.length;
      const price = Math.max(100, (prices[at] ?? 0) + Math.floor(random.next().value * 5) - 2);
      prices[at] = price;
      made.push(input(type, i, instruments[at]?.symbol ?? '', price));
    }
    yield made;
  }
}

function input(type: Kind, i: number, symbol: string, cents: number): TradeEvent | QuoteEvent {
  const time = START + (i * SECOND) / PER_SECOND;
  const origin = { venue: 'simulator', kind: 'simulated', route: 'simulator', symbol, venueTime: time, receiveTime: time } as const;
  const text = (cents / 100).toFixed(2);
  return type === 'trade'
    ? { ...origin, type, id: String(Math.floor(i / INSTRUMENTS)), price: text, size: '0.25', side: i % 2 === 0 ? 'buy' : 'sell' }
    : { ...origin, type, bid: text, bidSize: '1.5', ask: ((cents + 1) / 100).toFixed(2), askSize: '2.5', updateId: i };
}

/** One minute of an instrument's past. */
function past(symbol: string, minute: number, random: Generator<number, never>): CandleEvent {
  const open = 500 + 10 * random.next().value;
  const close = 500 + 10 * random.next().value;
  return {
    type: 'candle', venue: 'simulator', kind: 'simulated', route: 'simulator', symbol, venueTime: null, receiveTime: START, interval: '1m', openTime: START - minute * MINUTE,
    open, close, high: Math.max(open, close) + 1, low: Math.min(open, close) - 1, volume: 10 * random.next().value, closed: true,
  };
}

/** Processor time in microseconds, garbage collection included. */
function spent(work: () => void): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return user + system;
}

interface Round {
  /** Of the steps alone, and with the clock events of each second: closing candles, ratings, previews, sentiment. */
  readonly steps: number;
  readonly whole: number;
}

/** Microseconds per event. */
function round(type: Kind, instruments: readonly Instrument[]): Round {
  const engine = createEngine({ instruments, venuePriority: ['simulator'] });
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
  for (const events of batches(type, instruments)) {
    const measured = given >= WARM_SECONDS * PER_SECOND;
    const taken = spent(() => { for (const event of events) engine.step(event, out); });
    given += events.length;
    const second = given % PER_SECOND === 0 ? given / PER_SECOND : 0;
    const clock = second === 0 ? 0 : spent(() => engine.step({ type: 'clock', receiveTime: START + second * SECOND }, out));
    if (!measured) continue;
    steps += taken;
    clocks += clock;
  }
  const all = (WARM_SECONDS + SECONDS) * PER_SECOND;
  // Nothing may be dropped: every trade is told, nearly every quote (those that repeat the one before are not), and all that follows from them.
  const complete = (told[type] ?? 0) >= (type === 'trade' ? all : 0.75 * all) && told.refused === 0 && (type === 'quote' || (told.rating ?? 0) > INSTRUMENTS) && (told.sentiment ?? 0) > INSTRUMENTS;
  if (!complete) throw new Error(`the engine left something out: ${JSON.stringify(told)}`);
  const events = SECONDS * PER_SECOND;
  return { steps: steps / events, whole: (steps + clocks) / events };
}

/** Cost of one engine step, 1,000 instruments: candles of all intervals, ratings, signals and sentiment included. */
export function measureEngine(): Promise<Figure[]> {
  const instruments = syntheticInstruments(INSTRUMENTS);
  const rounds: Record<Kind, Round[]> = { trade: [], quote: [] };
  // In turn: what else the machine does meanwhile falls on both.
  for (let i = 0; i < ROUNDS; i += 1) for (const type of ['trade', 'quote'] as const) rounds[type].push(round(type, instruments));
  return Promise.resolve((['trade', 'quote'] as const).flatMap((type): Figure[] => {
    const note = `median of ${String(ROUNDS)} x ${String(SECONDS * PER_SECOND)} events at ${String(PER_SECOND)} a second of feed time, processor time`;
    const figure = (name: string, part: keyof Round, budget: number | null, what: string): Figure =>
      ({ name, value: quantile(rounds[type].map((r) => r[part]), 0.5), unit: 'us', budget, bound: 'at most', note: `${note}, ${what}` });
    return [
      figure(`engine: one ${type}, ${String(INSTRUMENTS)} instruments`, 'whole', 3, 'candles, ratings, previews and sentiment included'),
      figure(`engine: one ${type}, its own step`, 'steps', null, 'what is done once a second left out'),
    ];
  }));
}
