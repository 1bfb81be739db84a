import { createEngine } from '@/core/engine';
import type { CandleEvent, InputEvent, QuoteEvent, TradeEvent } from '@/core/market/events';
import type { Instrument } from '@/core/market/instrument';
import { syntheticInstruments } from '@/core/simulator';
import { quantile, type Figure } from './figure';

const INSTRUMENTS = 1_000;
const EVENTS = 300_000;
const ROUNDS = 5;
/** Feed time between two events, ms: 1,000 symbols with two trades a second each. */
const STEP_MS = 0.5;
/** Minutes of history every instrument has before the measurement: every rating is complete. */
const PAST_MINUTES = 220;
const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5, 12);

/** A repeatable sequence in [0, 1): the mix of a benchmark must not change from run to run. */
function* chance(seed: number): Generator<number, never> {
  let state = seed >>> 0;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 4_294_967_296;
  }
}

/** Trades or quotes of all instruments in turn, prices a random walk in cents. */
function inputs(type: 'trade' | 'quote', instruments: readonly Instrument[]): InputEvent[] {
  const random = chance(7);
  const prices = instruments.map(() => 10_000 + Math.floor(random.next().value * 90_000));
  return Array.from({ length: EVENTS }, (_, i): TradeEvent | QuoteEvent => {
    const at = i % instruments.length;
    const time = START + i * STEP_MS;
    const price = Math.max(100, (prices[at] ?? 0) + Math.floor(random.next().value * 5) - 2);
    prices[at] = price;
    const origin = { venue: 'simulator', kind: 'simulated', route: 'simulator', symbol: instruments[at]?.symbol ?? '', venueTime: time, receiveTime: time } as const;
    const text = (price / 100).toFixed(2);
    return type === 'trade'
      ? { ...origin, type, id: String(i), price: text, size: '0.25', side: i % 2 === 0 ? 'buy' : 'sell' }
      : { ...origin, type, bid: text, bidSize: '1.5', ask: ((price + 1) / 100).toFixed(2), askSize: '2.5', updateId: i };
  });
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

/** Microseconds of processor time per event, garbage collection and the clock events of each second included. */
function round(instruments: readonly Instrument[], events: readonly InputEvent[]): number {
  const engine = createEngine({ instruments, venuePriority: ['simulator'] });
  let outputs = 0;
  const out = (): void => { outputs += 1; };
  engine.step({ type: 'mode', mode: 'simulated', reason: 'benchmark', receiveTime: START }, out);
  const random = chance(3);
  for (let minute = PAST_MINUTES; minute > 0; minute--) for (const { symbol } of instruments) engine.step(past(symbol, minute, random), out);
  engine.step({ type: 'clock', receiveTime: START }, out);
  let second = START;
  const started = process.cpuUsage();
  for (const event of events) {
    while (event.receiveTime - second >= 1_000) {
      second += 1_000;
      engine.step({ type: 'clock', receiveTime: second }, out);
    }
    engine.step(event, out);
  }
  const { user, system } = process.cpuUsage(started);
  if (outputs < events.length / 2) throw new Error(`only ${String(outputs)} outputs for ${String(events.length)} events: the engine refused the input`);
  return (user + system) / events.length;
}

/** Cost of one engine step, 1,000 instruments: candles of all intervals, ratings, signals and sentiment included. */
export function measureEngine(): Promise<Figure[]> {
  const instruments = syntheticInstruments(INSTRUMENTS);
  const steps = (['trade', 'quote'] as const).map((type): Figure => {
    const events = inputs(type, instruments);
    const rounds = Array.from({ length: ROUNDS }, () => round(instruments, events));
    return { name: `engine: one ${type}, ${String(INSTRUMENTS)} instruments`, value: quantile(rounds, 0.5), unit: 'us', budget: 3, bound: 'at most', note: `median of ${String(ROUNDS)} x ${String(EVENTS)} events, processor time, candles, ratings and sentiment included` };
  });
  return Promise.resolve(steps);
}
