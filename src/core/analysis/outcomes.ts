import * as v from 'valibot';
import type { Candle } from '../market/outputs';
import { err, ok, type Result } from '../util/result';
import { Indicators } from './indicators';
import { judge, type Outcome, type Plan } from './scorecard';

/** A signal on the close of candle `i`; `atr` is that of the candle when it is not given. */
export interface BatchSignal {
  readonly i: number;
  readonly side: 'BUY' | 'SELL';
  readonly atr: number | null;
}
export interface SignalBatch {
  readonly params: Plan;
  readonly signals: readonly BatchSignal[];
}
export interface JudgedSignal extends BatchSignal {
  /** null while the candles end before the signal does. */
  readonly entry: number | null;
  readonly stop: number | null;
  readonly target: number | null;
  readonly outcome: Outcome['reason'] | null;
  readonly bars: number | null;
  readonly ret: number | null;
  readonly r: number | null;
  readonly mae: number | null;
  readonly mfe: number | null;
}
export interface JudgedBatch {
  readonly params: Plan;
  readonly aggregate: {
    readonly n: number;
    readonly wins: number;
    readonly winRate: number | null;
    readonly avgR: number | null;
    readonly profitFactor: number | null;
    readonly avgReturn: number | null;
    readonly targets: number;
    readonly stops: number;
    readonly expiries: number;
    /** Left out of all others: the candles end before they do. */
    readonly open: number;
  };
  readonly signals: readonly JudgedSignal[];
}

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const Batch = v.object({
  params: v.object({ stopAtr: positive, targetAtr: positive, expiryBars: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) }),
  signals: v.array(v.object({ i: v.pipe(v.number(), v.safeInteger(), v.minValue(0)), side: v.picklist(['BUY', 'SELL']), atr: v.optional(v.nullable(positive), null) })),
});

/** Reads `{ params: { stopAtr, targetAtr, expiryBars }, signals: [{ i, side, atr? }] }` for so many candles; the error is one line. */
export function readOutcomeSignals(text: string, candles: number): Result<SignalBatch, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err('it is no JSON');
  }
  const read = v.safeParse(Batch, value);
  if (!read.success) {
    const [issue] = read.issues;
    return err(`${v.getDotPath(issue) ?? 'it'} is wrong: ${issue.message}`);
  }
  const late = read.output.signals.find((signal) => signal.i >= candles);
  return late ? err(`there is a signal at candle ${late.i} of ${candles} candles`) : ok(read.output);
}

/** What became of each signal, each on its own, and of all together. */
export function judgeSignals({ params, signals }: SignalBatch, candles: readonly Candle[]): JudgedBatch {
  const ranges = signals.some((s) => s.atr === null) ? averageRanges(candles) : [];
  const judged = signals.map((signal): JudgedSignal => {
    const atr = signal.atr ?? ranges[signal.i] ?? NaN;
    const side = signal.side === 'BUY' ? 1 : -1;
    const end = atr > 0 ? judge(side, atr, params, candles.slice(signal.i + 1, signal.i + 1 + params.expiryBars)) : null;
    const base = { i: signal.i, side: signal.side, atr: atr > 0 ? atr : null };
    if (!end) return { ...base, entry: null, stop: null, target: null, outcome: null, bars: null, ret: null, r: null, mae: null, mfe: null };
    const { entry, reason, bars, ret, r, mae, mfe } = end;
    return { ...base, entry, stop: entry - side * params.stopAtr * atr, target: entry + side * params.targetAtr * atr, outcome: reason, bars, ret, r, mae, mfe };
  });
  return { params, aggregate: aggregate(judged), signals: judged };
}

function averageRanges(candles: readonly Candle[]): number[] {
  const indicators = new Indicators();
  return candles.map((candle) => indicators.next(candle).atr);
}

function aggregate(judged: readonly JudgedSignal[]): JudgedBatch['aggregate'] {
  const done = judged.filter((s) => s.outcome !== null);
  const n = done.length;
  const rets = done.map((s) => s.ret ?? 0);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const wins = rets.filter((ret) => ret > 0).length;
  const loss = -sum(rets.filter((ret) => ret < 0));
  const ended = (reason: Outcome['reason']): number => done.filter((s) => s.outcome === reason).length;
  return {
    n, wins, winRate: n > 0 ? wins / n : null, avgR: n > 0 ? sum(done.map((s) => s.r ?? 0)) / n : null, profitFactor: loss > 0 ? sum(rets.filter((ret) => ret > 0)) / loss : null,
    avgReturn: n > 0 ? sum(rets) / n : null, targets: ended('target'), stops: ended('stop'), expiries: ended('expiry'), open: judged.length - n,
  };
}
