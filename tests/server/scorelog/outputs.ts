import type { BinaryData, DataKind, SignalRecord } from '@/core/contract';
import type { EngineOutput } from '@/core/market/outputs';

export const T0 = Date.parse('2026-03-10T10:00:00Z');
export const MINUTE = 60_000;

/** A signal of minute `k`, as the engine gives it. */
export function signal(k: number, source: DataKind = 'live', symbol = 'BTC/USDT'): EngineOutput & { readonly type: 'signal' } {
  const asOf = T0 + k * MINUTE;
  const record: SignalRecord = {
    v: 1, id: `tr26@1|${symbol}|1m|${asOf}`, method: 'tr26@1', source, venue: 'binance', symbol, tf: '1m', asOf, ts: asOf + 40, final: true, action: 'BUY', strength: 'BUY',
    score: 0.25, ma: 0.4, osc: 0.1, dir: 'steady', pct: 50, counts: { buy: 10, neutral: 10, sell: 6, na: 0 },
    rationale: [{ k: 'sma_10', value: 1.5, vote: 1, rule: 'below the price', group: 'ma' }, { k: 'rsi_14', value: 50, prev: 49, vote: 0, rule: 'between', group: 'osc' }],
    entry: 100, stop: 98.5, targets: [101.5, 103], atr: 1, expiry: asOf + 20 * MINUTE,
    track: { n: 0, hit: null, lo: null, hi: null, avgR: null, pf: null, random: { hit: null, avgR: null }, since: null }, scored: true, seq: null, prev: null, hash: null,
  };
  return { type: 'signal', record };
}

/** Its outcome, two minutes later. */
export function outcome(k: number, source: DataKind = 'live', r = 2, of = 'BTC/USDT'): EngineOutput {
  const { id, method, symbol, tf, asOf } = signal(k, source, of).record;
  return {
    type: 'outcome', of: 'signal',
    outcome: { id, method, source, symbol, tf, asOf, side: 1, ts: asOf + 2 * MINUTE, result: r > 0 ? 'target' : 'stop', reason: '', entry: 100, exit: 100 + 1.5 * r, bars: 2, ret: (1.5 * r) / 100, hold: 0.01, r, mae: -0.2, mfe: r, path: 7 },
  };
}

export function forecast(ts: number, symbol = 'BTC/USDT', horizons = [60, 300]): EngineOutput & { readonly type: 'sentiment' } {
  const track = { n: 0, hit: null, hitLo: null, hitHi: null, brier: null, bss: null, bssLo: null, ece: null, void: 0, flat: 0, open: 0 };
  const data: BinaryData = {
    v: 1, up: 0.52, down: 0.48, method: 'mix@1', source: 'live', venue: 'binance', ts, mid: 100, px: 'mid',
    horizons: horizons.map((h) => ({ h, pUp: 0.52, pFlat: 0.1, lo: 0.5, hi: 0.54, call: 'NONE', breakEven: 0.541, track })), drivers: [], breadth: null, mood: null, seq: null, prev: null, hash: null,
  };
  return { type: 'sentiment', symbol, data };
}

export function forecastEnd(forecastTs: number, h: number, result: 'up' | 'down' | 'flat' | 'void', symbol = 'BTC/USDT'): EngineOutput {
  const ts = forecastTs + h * 1000;
  return { type: 'outcome', of: 'sentiment', outcomes: [{ method: 'mix@1', source: 'live', symbol, forecast: forecastTs, h, ts, result, reason: result === 'void' ? 'stale' : '', price: result === 'void' ? null : 101 }] };
}
