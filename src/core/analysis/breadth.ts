import type { Breadth } from '../contract';
import type { Candles } from '../market/candleList';
import type { Candle } from '../market/outputs';

const DAY = 86_400_000;
/** Candles looked back for a new high or low; fewer than the least give neither. */
const EXTREME_BARS = 1440;
const LEAST_BARS = 60;
const EMA_PERIOD = 20;
/** Own history behind the mood, one sample a minute, and the least of it. */
const MOOD_SAMPLES = 500;
const LEAST_SAMPLES = 30;
const SAMPLE_MS = 60_000;
const LEAST_INSTRUMENTS = 5;
const LEAST_COMPONENTS = 3;

/** What the mood is made of; null while unknown. */
type Parts = Readonly<Record<'net' | 'upVol' | 'aboveEma20' | 'extremes' | 'calm', number | null>>;

/** The price of one instrument, which the breadth looks at when it is asked. */
export interface Priced {
  readonly symbol: string;
  /** NaN while there is none. */
  readonly price: number;
  /** Feed time of it, ms. */
  readonly priceTime: number;
  /** Feed times from and before which the day that the breadth knows of lasts, ms: prices of other times it must be told. */
  dayFrom: number;
  dayEnd: number;
}

/** One instrument's part in the breadth. */
interface Member {
  day: number;
  /** End of the UTC day, ms. */
  dayEnd: number;
  /** First price known of the UTC day: its first candle's open, else the first quote, and the time of it. */
  open: number;
  openTime: number;
  /** Where its price is found; null before the first. */
  quoted: Priced | null;
  /** Its price until then, of its candles; NaN while there is none. */
  closed: number;
  /** Volume of the day in quote units. */
  money: number;
  aboveEma: boolean | null;
  extreme: -1 | 0 | 1;
  /** Volatility of the last 10 minutes over that of the last 100; null while unknown. */
  restlessness: number | null;
}

/** Advances, declines and mood over the watch list, against the UTC day's open (or the first price known of the day). */
export class BreadthTracker {
  readonly #members = new Map<string, Member>();
  readonly #history = new Map<string, number[]>();
  #sampledAt = -Infinity;

  /** Another price. Most belong to a day that has begun: nothing is to be looked at then. */
  quote(quoted: Priced): void {
    const { symbol, price, priceTime } = quoted;
    if (priceTime >= quoted.dayFrom && priceTime < quoted.dayEnd) return;
    const m = this.#member(symbol, priceTime, price, priceTime);
    m.quoted = quoted;
    quoted.dayFrom = m.openTime;
    quoted.dayEnd = m.dayEnd;
  }

  /** One-minute candles, the newest last. `warm`: all of them are new, else the last one is. */
  candles(symbol: string, candles: Candles, warm: boolean): void {
    const last = candles.at(-1);
    if (!last) return;
    const known = this.#members.get(symbol);
    // The list is told whole each time history comes in.
    if (warm && known) known.money = 0;
    for (let i = warm ? 0 : candles.length - 1; i < candles.length; i++) {
      const c = candles.at(i) as Candle;
      const m = this.#member(symbol, c.openTime, c.open, c.openTime);
      if (m.day === Math.floor(c.openTime / DAY)) m.money += c.volume * c.close;
    }
    const m = this.#members.get(symbol);
    if (!m) return;
    if (Number.isNaN(m.closed)) m.closed = last.close;
    m.aboveEma = aboveEma(candles);
    m.extreme = extremeOf(candles);
    m.restlessness = volatilityRatio(candles);
  }

  /** `callShare`: share of instruments with P(up) above one half; null while there are none. */
  read(now: number, callShare: number | null): { breadth: Breadth; mood: number | null } {
    const { breadth, parts } = this.#present(now, callShare);
    return { breadth, mood: this.#mood(breadth.n, parts) };
  }

  /** Once a minute of feed time the parts of the mood join their history, whatever the pace at which they are told. */
  sample(now: number): void {
    if (now - this.#sampledAt < SAMPLE_MS || this.#members.size === 0) return;
    this.#sampledAt = now;
    for (const [name, value] of Object.entries(this.#present(now, null).parts)) {
      if (value === null) continue;
      let past = this.#history.get(name);
      if (!past) this.#history.set(name, (past = []));
      past.push(value);
      if (past.length > MOOD_SAMPLES) past.shift();
    }
  }

  #present(now: number, callShare: number | null): { breadth: Breadth; parts: Parts } {
    const today = Math.floor(now / DAY);
    const members = [...this.#members.values()].filter((m) => m.day === today && !Number.isNaN(priceOf(m)));
    const moved = members.map((m) => ({ m, sign: Math.sign(priceOf(m) - m.open) }));
    const count = (sign: number): number => moved.filter((x) => x.sign === sign).length;
    const [adv, dec] = [count(1), count(-1)];
    const money = members.reduce((sum, m) => sum + m.money, 0);
    const rising = moved.reduce((sum, x) => sum + (x.sign > 0 ? x.m.money : 0), 0);
    const averaged = members.filter((m) => m.aboveEma !== null);
    const breadth: Breadth = {
      n: members.length, adv, dec, flat: members.length - adv - dec, net: adv + dec > 0 ? (adv - dec) / (adv + dec) : null,
      upVol: money > 0 ? rising / money : null,
      aboveEma20: averaged.length > 0 ? averaged.filter((m) => m.aboveEma).length / averaged.length : null,
      callShare, newHigh: members.filter((m) => m.extreme > 0).length, newLow: members.filter((m) => m.extreme < 0).length,
    };
    const restless = members.flatMap((m) => (m.restlessness === null ? [] : [m.restlessness]));
    // Turned round: calm counts as good mood.
    const calm = restless.length > 0 ? -restless.reduce((sum, x) => sum + x, 0) / restless.length : null;
    return { breadth, parts: { net: breadth.net, upVol: breadth.upVol, aboveEma20: breadth.aboveEma20, extremes: breadth.n > 0 ? (breadth.newHigh - breadth.newLow) / breadth.n : null, calm } };
  }

  /** Prices and days start anew, the mood's history too: it belongs to one kind of data. */
  reset(): void {
    this.#members.clear();
    this.#history.clear();
    this.#sampledAt = -Infinity;
  }

  /** Mean of the percentile ranks of the parts in their own history; never called fear or greed. */
  #mood(members: number, parts: Parts): number | null {
    const ranks = Object.entries(parts).flatMap(([name, value]) => {
      const past = this.#history.get(name) ?? [];
      return value === null || past.length < LEAST_SAMPLES ? [] : [rank(past, value)];
    });
    if (members < LEAST_INSTRUMENTS || ranks.length < LEAST_COMPONENTS) return null;
    return ranks.reduce((sum, r) => sum + r, 0) / ranks.length;
  }

  #member(symbol: string, time: number, price: number, openTime: number): Member {
    const day = Math.floor(time / DAY);
    let m = this.#members.get(symbol);
    if (!m) this.#members.set(symbol, (m = { day, dayEnd: (day + 1) * DAY, open: price, openTime, quoted: null, closed: NaN, money: 0, aboveEma: null, extreme: 0, restlessness: null }));
    if (day > m.day) Object.assign(m, { day, dayEnd: (day + 1) * DAY, open: price, openTime, money: 0 });
    else if (day === m.day && openTime < m.openTime) Object.assign(m, { open: price, openTime });
    return m;
  }
}

/** NaN while there is none. */
const priceOf = ({ quoted, closed }: Member): number => quoted?.price ?? closed;

/** Percentile rank 0..100; ties count half. */
function rank(past: readonly number[], value: number): number {
  let below = 0;
  for (const p of past) below += p < value ? 1 : p === value ? 0.5 : 0;
  return (100 * below) / past.length;
}

function aboveEma(candles: Candles): boolean | null {
  if (candles.length < EMA_PERIOD) return null;
  // After ten times the period the seed weighs less than 1e-8.
  const from = Math.max(0, candles.length - 11 * EMA_PERIOD);
  let value = 0;
  for (let i = from; i < candles.length; i++) {
    const { close } = candles.at(i) as Candle;
    value = i - from < EMA_PERIOD ? value + close / EMA_PERIOD : value + (2 / (EMA_PERIOD + 1)) * (close - value);
  }
  return (candles.at(-1)?.close ?? 0) > value;
}

/** 1 = the last candle made a high of the window, -1 = a low; over the candles at hand, 1,440 at most. */
function extremeOf(candles: Candles): -1 | 0 | 1 {
  const last = candles.at(-1);
  const from = Math.max(0, candles.length - EXTREME_BARS);
  if (!last || candles.length - 1 - from < LEAST_BARS) return 0;
  let high = -Infinity, low = Infinity;
  for (let i = from; i < candles.length - 1; i++) {
    const c = candles.at(i) as Candle;
    if (c.high > high) high = c.high;
    if (c.low < low) low = c.low;
  }
  return last.high > high ? 1 : last.low < low ? -1 : 0;
}

/** null with fewer than 101 candles or without any movement. */
function volatilityRatio(candles: Candles): number | null {
  if (candles.length < 101) return null;
  let short = 0, long = 0;
  for (let k = 1; k <= 100; k++) {
    const r = Math.log((candles.at(-k) as Candle).close / (candles.at(-k - 1) as Candle).close);
    long += (r * r) / 100;
    if (k <= 10) short += (r * r) / 10;
  }
  return long > 0 && Number.isFinite(short) ? Math.sqrt(short / long) : null;
}
