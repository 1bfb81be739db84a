import type { ChainRecord } from '@/core/analysis/chain';
import { readPlan } from '@/core/analysis/chainRecords';
import { advance, judge, openPosition, type Plan } from '@/core/analysis/scorecard';
import { INTERVAL_MS, isInterval, type Interval } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';
import type { CandleSource, OutcomeCheck, OutcomeReader } from './outcomeCheck';

interface Signal {
  readonly kind: string;
  readonly symbol: string;
  readonly tf: Interval;
  readonly asOf: number;
  readonly side: 1 | -1;
  readonly atr: number;
  readonly plan: Plan;
}

interface JudgedSignal extends Signal {
  readonly outcome: Readonly<Record<string, unknown>>;
}

/** Recomputes the outcomes of scored signals from their chain: each must follow from its plan and the stored candles after it. */
export class SignalCheck implements OutcomeReader {
  /** By the hash of their record, as outcomes name them. */
  readonly #open = new Map<string, Signal>();
  readonly #judged: JudgedSignal[] = [];

  /** @param source stored candles; null = without them. */
  constructor(private readonly source: CandleSource | null) {}

  read({ body, hash }: ChainRecord): null {
    const tf = String(body['tf']);
    const plan = readPlan(body['plan']);
    if (body.type === 'signal' && body['scored'] === true && isInterval(tf) && plan) {
      this.#open.set(hash, { kind: String(body['source']), symbol: String(body['symbol']), tf, asOf: Number(body['asOf']), side: body['action'] === 'SELL' ? -1 : 1, atr: Number(body['atr']), plan });
    } else if (body.type === 'outcome') {
      const of = String(body['of']);
      const signal = this.#open.get(of);
      this.#open.delete(of);
      if (signal && body['result'] !== 'void') this.#judged.push({ ...signal, outcome: body });
    }
    return null;
  }

  /** Series are read once, from the first signal to the end of the last. null = nothing to check, or nothing to check it with. */
  async finish(): Promise<OutcomeCheck | null> {
    if (!this.source || this.#judged.length === 0) return null;
    const check = { equal: 0, corrected: 0, missing: 0, wrong: 0 };
    for (const own of group(this.#judged).values()) {
      const [first] = own;
      if (!first) continue;
      const to = Math.max(...own.map((s) => Number(s.outcome['ts'])));
      const candles = await this.source({ kind: first.kind, symbol: first.symbol, interval: first.tf, from: first.asOf, to });
      if (candles === null) return null;
      for (const signal of own) check[compare(signal, candles)]++;
    }
    return check;
  }
}

const keyOf = (s: Signal): string => `${s.kind}|${s.symbol}|${s.tf}`;

function group(signals: readonly JudgedSignal[]): Map<string, JudgedSignal[]> {
  const groups = new Map<string, JudgedSignal[]>();
  for (const s of signals) groups.set(keyOf(s), [...(groups.get(keyOf(s)) ?? []), s]);
  return groups;
}

const TOLERANCE = 1e-9;

function compare({ side, atr, plan, asOf, tf, outcome }: JudgedSignal, candles: readonly Candle[]): keyof OutcomeCheck {
  const after = candles.filter((c) => c.openTime >= asOf && c.openTime < asOf + 2 * plan.expiryBars * INTERVAL_MS[tf] + 10 * 86_400_000);
  const logged = Number(outcome['bars']);
  // The candles it was judged by, as they are stored now.
  if (after.length < logged) return 'missing';
  const now = judge(side, atr, plan, after);
  const same = now !== null && now.reason === outcome['result'] && now.bars === logged && [[now.ret, 'ret'] as const, [now.r, 'r'] as const].every(([value, name]) => Math.abs(value - Number(outcome[name])) <= TOLERANCE);
  if (same) return 'equal';
  if (now?.path === outcome['path'] || pathOf(side, atr, plan, after.slice(0, logged)) === outcome['path']) return 'wrong';
  return (after[0]?.openTime ?? Infinity) > asOf ? 'missing' : 'corrected';
}

/** Mark of exactly these candles. */
function pathOf(side: 1 | -1, atr: number, plan: Plan, candles: readonly Candle[]): number | null {
  const position = openPosition(side, atr, plan);
  for (const candle of candles) advance(position, candle);
  return position.path;
}

