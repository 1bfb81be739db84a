import type { SignalRecord } from '@/core/contract';

/** A valid signal record; tests set what they are about. */
export function signalRecord(over: Partial<SignalRecord> = {}): SignalRecord {
  return {
    v: 1, id: 'id', method: 'tr26@1', source: 'live', venue: 'binance', symbol: 'BTC/USDT', tf: '1m', asOf: 1_700_000_100_000, ts: 1_700_000_100_001,
    final: true, action: 'BUY', strength: 'BUY', score: 0.3, ma: 0.4, osc: 0.2, dir: 'steady', pct: null,
    counts: { buy: 8, neutral: 3, sell: 2, na: 1 }, rationale: [{ k: 'rsi_14', value: 28.5, vote: 1, rule: 'below 30 and rising', group: 'osc' }],
    entry: 100, stop: 98, targets: [102, 104], atr: 1.5, expiry: 1_700_001_300_000,
    track: { n: 0, hit: null, lo: null, hi: null, avgR: null, pf: null, random: { hit: null, avgR: null }, since: null },
    seq: null, prev: null, hash: null, ...over,
  };
}
