import { sessionAt } from '../market/calendar';
import type { AssetClass, Instrument } from '../market/instrument';
import type { Candle } from '../market/outputs';
import { CLASS_PARAMETERS, instrumentParameters, type InstrumentParameters } from './parameters';
import { ClassFactor, PriceProcess, type SharedState } from './process';
import { RandomStream } from './random';
import { StepScale } from './scale';
import { seasonAt, type Season } from './season';

const MINUTE = 60_000;
/** A closed market opens again within this time (weekend plus holidays), ms. */
const LONGEST_PAUSE = 6 * 86_400_000;
/** Trades a minute per unit of rate in the live process: baseline 0.35 over 1 - branching 0.68. Joins coarse and live volumes. */
const TRADES_PER_RATE = (60 * 0.35) / 0.32;
/** Log of mean over median of a trade's size (lognormal, sd 1.3), less the mean effect of the minute's own scatter below. */
const LOG_MEAN_SIZE = 1.3 ** 2 / 2 - 0.35 ** 2 / 2;
const VOLUME_SPREAD = 0.35;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Open sessions of a class between two times, oldest first. */
function openSpans(assetClass: AssetClass, from: number, to: number): readonly Span[] {
  const spans: Span[] = [];
  for (let time = from; time < to; ) {
    const session = sessionAt(assetClass, time);
    const next = Math.min(to, session.nextChange ?? to);
    if (session.state === 'open') spans.push({ from: time, to: next });
    time = Math.max(next, time + 1);
  }
  return spans;
}

/** Latest time at or before `time` until which the class was open, ms; null when it never was in reach. */
export function lastOpen(assetClass: AssetClass, time: number): number | null {
  return openSpans(assetClass, time - LONGEST_PAUSE, time).at(-1)?.to ?? null;
}

interface OpenMinute extends SharedState {
  readonly openTime: number;
  /** Closed time between this minute and the newer one. */
  readonly pauseSeconds: number;
  readonly season: Season;
}

/** Open minutes of a class going back in time, newest first, with the path of what its instruments share. */
function openMinutes(seed: number, assetClass: AssetClass, before: number, minutes: number): readonly OpenMinute[] {
  const factor = new ClassFactor(seed, assetClass, 60, true);
  const list: OpenMinute[] = [];
  const end = Math.floor(before / MINUTE) * MINUTE;
  const anchor = lastOpen(assetClass, end);
  if (anchor === null) return list;
  let newer = anchor;
  for (const span of openSpans(assetClass, anchor - minutes * MINUTE, anchor).toReversed()) {
    // Whole minutes only; a session bound inside a minute leaves that minute out.
    for (let openTime = Math.floor(span.to / MINUTE) * MINUTE - MINUTE; openTime >= span.from; openTime -= MINUTE) {
      const pauseSeconds = Math.max(0, (newer - openTime - MINUTE) / 1000);
      newer = openTime;
      if (pauseSeconds > 0) factor.pause(pauseSeconds);
      factor.step();
      list.push({
        openTime, pauseSeconds, season: seasonAt(assetClass, openTime + MINUTE / 2, span.to), parameters: factor.parameters, stepSeconds: 60,
        volatility: factor.volatility, shock: factor.shock, next: factor.next, pauseShock: factor.pauseShock, slowBeforePause: factor.slowBeforePause,
      });
    }
  }
  return list;
}

/** Largest value of a Brownian bridge from 0 to `change` with standard deviation `sigma`, by inversion. */
function bridgeMaximum(change: number, sigma: number, uniform: number): number {
  return 0.5 * (change + Math.sqrt(change * change - 2 * sigma * sigma * Math.log(1 - uniform)));
}

function pathOf(seed: number, instrument: Instrument, p: InstrumentParameters, minutes: readonly OpenMinute[]): readonly Candle[] {
  const shared = { parameters: CLASS_PARAMETERS[instrument.assetClass], stepSeconds: 60, volatility: 0, shock: 0, next: 0, pauseShock: 0, slowBeforePause: 0 };
  const price = new PriceProcess(seed, instrument.symbol, shared, p, true);
  const random = new RandomStream(`${seed}|${instrument.symbol}|range:history`);
  const ticks = new StepScale(instrument.tickSize);
  const lots = new StepScale(instrument.lotSize);
  const onTick = (logPrice: number): number => Math.max(1, ticks.count(Math.exp(logPrice)));
  const candles: Candle[] = [];
  for (const minute of minutes) {
    Object.assign(shared, minute);
    if (minute.pauseSeconds > 0) price.pause(minute.pauseSeconds);
    const closeLog = price.logPrice;
    price.step(minute.season);
    // Backwards in time: the step leads from this minute's close to its open.
    const openLog = closeLog - price.change;
    price.logPrice = openLog;
    const open = onTick(openLog);
    const close = onTick(closeLog);
    const high = onTick(openLog + bridgeMaximum(price.change, price.sigma, random.uniform()));
    const low = onTick(openLog - bridgeMaximum(-price.change, price.sigma, random.uniform()));
    const trades = p.tradesPerSecond * TRADES_PER_RATE * minute.season.activity * Math.exp(0.9 * price.logVolatility);
    const volume = trades * p.medianSize * Math.exp(LOG_MEAN_SIZE + VOLUME_SPREAD * random.normal());
    candles.push({
      openTime: minute.openTime, open: ticks.value(open), high: ticks.value(Math.max(open, close, high)),
      low: ticks.value(Math.min(open, close, low)), close: ticks.value(close), volume: lots.value(lots.count(volume)),
    });
  }
  return candles.reverse();
}

/**
 * Closed one-minute candles before `before`, per symbol, oldest first. One step a minute, backwards in time from the starting
 * price and the starting state of the volatility cascade: a stationary Gaussian process looks the same in both directions, so
 * history joins the live market in price and in volatility. Minutes are counted back from the class's last open one.
 */
export function historyBefore(
  seed: number,
  before: number,
  minutes: number,
  instruments: readonly Instrument[],
  initialPrices?: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly Candle[]> {
  const classes = new Map<AssetClass, readonly OpenMinute[]>();
  const result = new Map<string, readonly Candle[]>();
  for (const instrument of instruments) {
    const { assetClass, symbol } = instrument;
    const shared = classes.get(assetClass) ?? openMinutes(seed, assetClass, before, minutes);
    classes.set(assetClass, shared);
    result.set(symbol, pathOf(seed, instrument, instrumentParameters(instrument, initialPrices?.get(symbol)), shared));
  }
  return result;
}
