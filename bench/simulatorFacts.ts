import { autocorrelation, correlation, hillExponent, ljungBox, moments, slope } from '@/core/analysis/statistics';
import type { AssetClass, Instrument } from '@/core/market/instrument';
import { SimulatedMarket, type SimulatedInstrument } from '@/core/simulator';
import { instrumentParameters } from '@/core/simulator/parameters';
import { ClassFactor, PriceProcess } from '@/core/simulator/process';
import { seasonAt } from '@/core/simulator/season';

/** The instruments on which each class is judged: those of the table in analysis.md section 4. */
export const JUDGED: Readonly<Record<'crypto' | 'fx' | 'equity', readonly Instrument[]>> = {
  crypto: ['BTC', 'ETH', 'XRP'].map((base) => instrument(`${base}/USDT`, 'crypto', base, base === 'XRP' ? 0.0001 : 0.01, base === 'BTC' ? 0.00001 : 0.0001)),
  fx: ['EUR', 'GBP'].map((base) => instrument(`${base}/USD`, 'fx', base, 0.00001, 1000)),
  equity: ['SPY', 'AAPL'].map((symbol) => instrument(symbol, 'equity', symbol, 0.01, 1)),
};

function instrument(symbol: string, assetClass: AssetClass, base: string, tickSize: number, lotSize: number): Instrument {
  return { symbol, name: symbol, assetClass, base, quote: 'USD', tickSize, lotSize, venues: ['simulator'] };
}

/** Monday, 5 January 2026, 00:00 UTC. */
export const FACTS_START = Date.UTC(2026, 0, 5);
const HORIZONS = [1, 10, 60] as const;

export interface Facts {
  readonly symbol: string;
  readonly seconds: number;
  readonly kurtosis1m: number;
  readonly kurtosis60m: number;
  readonly hill: number;
  readonly acf1: number;
  readonly acfAbs: { readonly 1: number; readonly 10: number; readonly 60: number };
  readonly acfAbsMin100: number;
  readonly acfAbsSlope: number;
  readonly ljungBoxSquares: number;
  readonly volumeCorrelation: number;
  /** Share of moves the book imbalance called right, by horizon in seconds. */
  readonly imbalanceHit: readonly number[];
  readonly fano60: number;
  /** Seconds with bid >= ask, a non-integer tick or lot, or a size below one lot: must be 0. */
  readonly broken: number;
  /** One-minute log returns of the mid inside sessions, with the minute's open time: for cross-correlations. */
  readonly returns: ReadonlyMap<number, number>;
}

/** Collects one instrument's seconds. */
class Recorder {
  readonly #ring = new Float64Array(64);
  readonly #lean = new Float64Array(64);
  readonly #hits = [0, 0, 0];
  readonly #moves = [0, 0, 0];
  readonly #returns = new Map<number, number>();
  readonly #returns60: number[] = [];
  readonly #volumes: number[] = [];
  readonly #counts: number[] = [];
  #seconds = 0;
  #run = 0;
  #lastTime = -1;
  #minute = -1;
  #minuteOpen = 0;
  #hourOpen = 0;
  #minutesInRun = 0;
  #volume = 0;
  #count = 0;
  #broken = 0;

  take(time: number, s: SimulatedInstrument): void {
    const mid = s.mid;
    // A new session starts new series: no return spans a closed market.
    if (time !== this.#lastTime + 1000) {
      this.#run = 0;
      this.#minute = -1;
      this.#minutesInRun = 0;
    }
    this.#lastTime = time;
    this.#seconds++;
    this.#run++;
    this.#judgeLean(mid, s.imbalance);
    const minute = Math.floor(time / 60_000);
    if (minute !== this.#minute) this.#begin(minute, mid);
    for (let k = 0; k < s.trades.count; k++) {
      const lots = s.trades.lots[k] ?? 0;
      if (lots < 1 || !Number.isInteger(lots)) this.#broken++;
      this.#volume += lots;
    }
    this.#count += s.trades.count;
    const whole = Number.isInteger(s.bidTicks) && Number.isInteger(s.askTicks) && Number.isInteger(s.bidLots) && Number.isInteger(s.askLots);
    if (!whole || s.bidTicks >= s.askTicks || s.bidLots < 1 || s.askLots < 1) this.#broken++;
    if (time % 60_000 === 59_000) this.#close(minute, mid);
  }

  #begin(minute: number, mid: number): void {
    this.#minute = minute;
    // A minute's return runs from the close of the one before; the first of a session from its first mid.
    if (this.#minutesInRun === 0) {
      this.#minuteOpen = mid;
      this.#hourOpen = mid;
    }
    this.#volume = 0;
    this.#count = 0;
  }

  #close(minute: number, mid: number): void {
    this.#returns.set(minute, Math.log(mid / this.#minuteOpen));
    this.#minuteOpen = mid;
    this.#volumes.push(Math.log(1 + this.#volume));
    this.#counts.push(this.#count);
    this.#minutesInRun++;
    if (this.#minutesInRun % 60 === 0) {
      this.#returns60.push(Math.log(mid / this.#hourOpen));
      this.#hourOpen = mid;
    }
  }

  #judgeLean(mid: number, lean: number): void {
    HORIZONS.forEach((h, k) => {
      if (this.#run <= h) return;
      const then = (this.#seconds - h) & 63;
      const move = mid - (this.#ring[then] ?? 0);
      if (Math.abs(move) < 1e-12) return;
      this.#moves[k] = (this.#moves[k] ?? 0) + 1;
      if (move > 0 === (this.#lean[then] ?? 0) > 0) this.#hits[k] = (this.#hits[k] ?? 0) + 1;
    });
    this.#ring[this.#seconds & 63] = mid;
    this.#lean[this.#seconds & 63] = lean;
  }

  facts(symbol: string): Facts {
    const r = Float64Array.from(this.#returns.values());
    const absolute = r.map(Math.abs);
    const acf = Array.from({ length: 100 }, (_, i) => autocorrelation(absolute, i + 1));
    const lags = acf.map((_, i) => Math.log(i + 1));
    const counts = moments(this.#counts);
    const meanCount = this.#counts.reduce((a, b) => a + b, 0) / this.#counts.length;
    return {
      symbol,
      seconds: this.#seconds,
      kurtosis1m: moments(r).excessKurtosis,
      kurtosis60m: moments(this.#returns60).excessKurtosis,
      hill: hillExponent(r) ?? 0,
      acf1: autocorrelation(r, 1),
      acfAbs: { 1: acf[0] ?? 0, 10: acf[9] ?? 0, 60: acf[59] ?? 0 },
      acfAbsMin100: Math.min(...acf),
      acfAbsSlope: slope(lags, acf.map((a) => Math.log(Math.max(a, 1e-6)))),
      ljungBoxSquares: ljungBox(r.map((x) => x * x), 20).p,
      volumeCorrelation: correlation(this.#volumes, absolute),
      imbalanceHit: HORIZONS.map((_, k) => (this.#hits[k] ?? 0) / Math.max(1, this.#moves[k] ?? 0)),
      fano60: counts.sd ** 2 / meanCount,
      broken: this.#broken,
      returns: this.#returns,
    };
  }
}

/** Runs one class for `days` calendar days and measures each instrument. */
export function measureFacts(assetClass: keyof typeof JUDGED, seed: number, days: number): readonly Facts[] {
  const market = new SimulatedMarket(seed, JUDGED[assetClass]);
  const recorders = new Map(market.instruments.map((i) => [i, new Recorder()]));
  const end = FACTS_START + days * 86_400_000;
  for (let time = FACTS_START; time < end; time += 1000) market.step(time, (i) => recorders.get(i)?.take(time, i));
  return market.instruments.flatMap((i) => recorders.get(i)?.facts(i.instrument.symbol) ?? []);
}

/** Correlation of two instruments' minute returns over the minutes both have. */
export function crossCorrelation(a: Facts, b: Facts): number {
  const common = [...a.returns.keys()].filter((minute) => b.returns.has(minute));
  return correlation(common.map((m) => a.returns.get(m) ?? 0), common.map((m) => b.returns.get(m) ?? 0));
}

/**
 * corr(r, abs(r) of the next day), close to close, over `days` share sessions, averaged over the judged shares. One step a minute: the same
 * process, which is defined for any step, at a sixtieth of the cost.
 */
export function dailyLeverage(seed: number, days: number): number {
  const minutes = 390;
  const factor = new ClassFactor(seed, 'equity', 60, false);
  const prices = JUDGED.equity.map((i) => new PriceProcess(seed, i.symbol, factor, instrumentParameters(i, undefined), false));
  const daily = prices.map((): number[] => []);
  for (let day = 0; day < days; day++) {
    const pause = (day % 5 === 0 ? 65.5 : 17.5) * 3600;
    const closed = prices.map((p) => p.logPrice);
    factor.pause(pause);
    for (const p of prices) p.pause(pause);
    for (let minute = 0; minute < minutes; minute++) {
      factor.step();
      const season = seasonAt('equity', minute * 60_000, minutes * 60_000);
      for (const p of prices) p.step(season);
    }
    prices.forEach((p, k) => daily[k]?.push(p.logPrice - (closed[k] ?? 0)));
  }
  const each = daily.map((r) => correlation(r.slice(0, -1), r.slice(1).map(Math.abs)));
  return each.reduce((a, b) => a + b, 0) / each.length;
}
