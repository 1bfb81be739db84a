import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { createAnalysis, type CandleInput } from '@/core/analysis';
import { BinaryData } from '@/core/contract/messages/sentiment';
import { RatingData, SignalRecord } from '@/core/contract/messages/signals';
import type { Candle, EngineOutput } from '@/core/market/outputs';
import { createSimulator } from '@/core/simulator';
import { JUDGED } from '../../../bench/simulatorFacts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 7, 12);

/** Simulated minutes: realistic, and the same in every run. */
const CANDLES: readonly Candle[] = createSimulator({ seed: 11, startTime: START, instruments: JUDGED.crypto })
  .backfill(900)
  .filter((c) => c.symbol === 'BTC/USDT')
  .map(({ openTime, open, high, low, close, volume }) => ({ openTime, open, high, low, close, volume }));

function input(candles: readonly Candle[], warm = false): CandleInput {
  const now = (candles.at(-1)?.openTime ?? 0) + MINUTE;
  return { symbol: 'BTC/USDT', interval: '1m', candles, kind: 'simulated', venue: 'simulator', now, mid: candles.at(-1)?.close ?? null, warm };
}

/** Every output holds the contract: no NaN, no missing field. */
function check(output: EngineOutput): void {
  if (output.type === 'rating') expect(v.safeParse(RatingData, output.rating).issues).toBeUndefined();
  if (output.type === 'signal') expect(v.safeParse(SignalRecord, output.record).issues).toBeUndefined();
  if (output.type === 'sentiment') expect(v.safeParse(BinaryData, output.data).issues).toBeUndefined();
}

function feed(from: number, to: number, warm: number): EngineOutput[] {
  const analysis = createAnalysis({ intervals: ['1m'], sentimentEveryMs: 30_000 });
  const outputs: EngineOutput[] = [];
  const out = (o: EngineOutput): void => void outputs.push(o);
  analysis.candleClosed(input(CANDLES.slice(from, warm), true), out);
  for (let end = warm + 1; end <= to; end++) analysis.candleClosed(input(CANDLES.slice(from, end)), out);
  return outputs;
}

describe('ratings and signals', () => {
  it('rate each closed candle, and signal exactly the changes of class after the history', () => {
    const outputs = feed(0, 900, 300);
    outputs.forEach(check);
    const ratings = outputs.flatMap((o) => (o.type === 'rating' ? [o.rating] : []));
    const signals = outputs.flatMap((o) => (o.type === 'signal' ? [o.record] : []));
    expect(ratings).toHaveLength(601);
    const changes = ratings.flatMap((r, k) => (k > 0 && r.strength !== ratings[k - 1]?.strength ? [r.asOf] : []));
    expect(changes.length).toBeGreaterThan(20);
    expect(signals.map((s) => s.asOf)).toEqual(changes);
    expect(new Set(signals.map((s) => s.id)).size).toBe(signals.length);
    expect(ratings[0]?.pct).not.toBeNull();
  });

  it('plan on the right side, tell their record as it was, and are scored one at a time', () => {
    const outputs = feed(0, 900, 300);
    const signals = outputs.flatMap((o) => (o.type === 'signal' ? [o.record] : []));
    for (const s of signals) {
      expect(s.ts).toBeGreaterThanOrEqual(s.asOf);
      expect(s.method).toBe('tr26@1');
      if (s.action === 'NEUTRAL') {
        expect(s).toMatchObject({ stop: null, targets: [], expiry: null });
        continue;
      }
      const side = s.action === 'BUY' ? 1 : -1;
      const atr = s.atr ?? NaN;
      expect(side * (s.entry - (s.stop ?? NaN))).toBeCloseTo(1.5 * atr, 6);
      expect(s.targets.map((t) => side * (t - s.entry) / atr)).toEqual([expect.closeTo(1.5, 6), expect.closeTo(3, 6)]);
      expect(s.expiry).toBe(s.asOf + 20 * MINUTE);
    }
    const scored = signals.filter((s) => s.scored === true);
    expect(scored.every((s) => s.action !== 'NEUTRAL')).toBe(true);
    // One is open at a time: the next one is scored at the earliest on the candle at which the one before ended.
    const ends = new Map(outputs.flatMap((o) => (o.type === 'outcome' && o.of === 'signal' ? [[o.outcome.id, o.outcome] as const] : [])));
    for (const [k, s] of scored.entries()) {
      const end = ends.get(s.id);
      const next = scored[k + 1];
      if (next) expect(end?.ts).toBeLessThanOrEqual(next.ts);
      if (end) expect(end.ts).toBeGreaterThan(s.ts);
    }
    expect(scored.length - ends.size).toBeLessThanOrEqual(1);
    const last = signals.at(-1);
    // Counted are those whose twenty candles are over: a stop comes sooner than a target.
    expect(last?.track.n).toBe(scored.filter((s) => ends.has(s.id) && s.asOf + 20 * MINUTE <= (last?.asOf ?? 0)).length);
    expect(last?.track.since).toBe(scored[0]?.ts);
    expect(signals[0]?.track.n).toBe(0);
  });

  it('show votes whose means are exactly ma and osc, without those that are not available', () => {
    for (const o of feed(0, 360, 300)) {
      if (o.type !== 'rating') continue;
      const { rationale, ma, osc, score, counts } = o.rating;
      const mean = (group: string): number => {
        const own = rationale.filter((r) => r.group === group);
        return own.reduce((sum, r) => sum + r.vote, 0) / own.length;
      };
      expect([mean('ma'), mean('osc')]).toEqual([ma, osc]);
      expect(score).toBe((ma + osc) / 2);
      expect(rationale).toHaveLength(26);
      expect(counts.buy + counts.neutral + counts.sell).toBe(rationale.length);
      expect(counts.na).toBe(26 - rationale.length);
    }
  });

  it('refuse a rating below twenty votes, and never signal the first one', () => {
    const analysis = createAnalysis({ intervals: ['1m'], sentimentEveryMs: 30_000 });
    const sizes: number[] = [];
    for (let end = 1; end <= 90; end++) analysis.candleClosed(input(CANDLES.slice(0, end)), (o) => {
      if (o.type === 'rating') sizes.push(o.rating.rationale.length);
      if (sizes.length === 1) expect(o.type).toBe('rating');
    });
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(20);
  });

  it('preview equals what closing would rate, leaves no trace, and is sent again only with other votes', () => {
    const analysis = createAnalysis({ intervals: ['1m'], sentimentEveryMs: 30_000 });
    const outputs: EngineOutput[] = [];
    const out = (o: EngineOutput): void => void outputs.push(o);
    analysis.candleClosed(input(CANDLES.slice(0, 300), true), () => undefined);
    for (let k = 0; k < 3; k++) analysis.preview(input(CANDLES.slice(0, 300)), CANDLES[300] as Candle, out);
    analysis.candleClosed(input(CANDLES.slice(0, 301)), out);
    const ratings = outputs.flatMap((o) => (o.type === 'rating' ? [o.rating] : []));
    expect(ratings.map((r) => r.final)).toEqual([false, true]);
    expect(ratings[0]).toEqual({ ...ratings[1], final: false, ts: ratings[0]?.ts });
    const low = 0.95 * (CANDLES[301]?.low ?? NaN);
    const turned = { ...(CANDLES[301] as Candle), low, close: low };
    for (const forming of [CANDLES[301] as Candle, turned, turned]) analysis.preview(input(CANDLES.slice(0, 301)), forming, out);
    expect(outputs.filter((o) => o.type === 'rating')).toHaveLength(4);
  });

  it('does not look ahead: what follows does not change a rating', () => {
    const whole = feed(0, 900, 300).flatMap((o) => (o.type === 'rating' ? [o.rating] : []));
    const prefix = feed(0, 400, 300).flatMap((o) => (o.type === 'rating' ? [o.rating] : []));
    expect(whole.slice(0, prefix.length)).toEqual(prefix);
  });

  it('know a corrected candle, and one put in between, as if it had been so from the start', () => {
    const last = (change: (analysis: ReturnType<typeof createAnalysis>, fixed: Candle[]) => void, fixed: Candle[]) => {
      const analysis = createAnalysis({ intervals: ['1m'], sentimentEveryMs: 30_000 });
      change(analysis, fixed);
      let rating: RatingData | undefined;
      analysis.candleClosed(input(fixed), (o) => (rating = o.type === 'rating' ? o.rating : rating));
      return { ...rating, pct: null, dir: null };
    };
    const none = (): void => undefined;
    for (const at of [298, 150]) {
      const fixed = CANDLES.slice(0, 300).map((c, i) => (i === at ? { ...c, close: c.high, volume: c.volume * 2 } : c));
      const fresh = last(() => undefined, fixed);
      const corrected = last((analysis) => {
        analysis.candleClosed(input(CANDLES.slice(0, 299), true), none);
        analysis.revised(input(fixed.slice(0, 299)), fixed[at] as Candle);
      }, fixed);
      const inserted = last((analysis) => {
        analysis.candleClosed(input(fixed.slice(0, 299).filter((_, i) => i !== at), true), none);
        analysis.revised(input(fixed.slice(0, 299)), fixed[at] as Candle);
      }, fixed);
      expect(corrected).toEqual(fresh);
      expect(inserted).toEqual(fresh);
    }
  });

  it('are pinned on 600 simulated minutes (classes, by count)', () => {
    const counts: Record<string, number> = {};
    for (const o of feed(0, 900, 300)) if (o.type === 'rating') counts[o.rating.strength] = (counts[o.rating.strength] ?? 0) + 1;
    expect(counts).toMatchInlineSnapshot(`
      {
        "BUY": 143,
        "NEUTRAL": 57,
        "SELL": 273,
        "STRONG_BUY": 20,
        "STRONG_SELL": 108,
      }
    `);
  });

  it('hold the contract on any candles: flat, gapping, tiny, huge, zero volume', () => {
    const price = fc.oneof(fc.constant(100), fc.double({ min: 1e-7, max: 1e9, noNaN: true }), fc.double({ min: 99, max: 101, noNaN: true }));
    const shape = fc.record({ open: price, close: price, up: fc.double({ min: 0, max: 0.1, noNaN: true }), down: fc.double({ min: 0, max: 0.1, noNaN: true }), volume: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e9, noNaN: true })) });
    fc.assert(
      fc.property(fc.array(shape, { minLength: 20, maxLength: 80 }), (shapes) => {
        const candles = shapes.map(({ open, close, up, down, volume }, i) => ({
          openTime: START + i * MINUTE, open, close, high: Math.max(open, close) * (1 + up), low: Math.min(open, close) * (1 - down), volume,
        }));
        const analysis = createAnalysis({ intervals: ['1m'], sentimentEveryMs: 30_000 });
        candles.forEach((c, i) => {
          analysis.quote({ symbol: 'BTC/USDT', mid: c.close, last: c.close, spread: 0, venue: 'x', kind: 'simulated', now: c.openTime + MINUTE });
          analysis.candleClosed(input(candles.slice(0, i + 1), i === 10), check);
          analysis.clock(c.openTime + MINUTE, check);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('give nothing, and do not throw, on values that are no prices', () => {
    const analysis = createAnalysis({ intervals: ['1m'], sentimentEveryMs: 30_000 });
    const broken = CANDLES.slice(0, 90).map((c, i) => (i === 50 ? { ...c, close: NaN } : c));
    const outputs: EngineOutput[] = [];
    analysis.candleClosed(input(broken), (o) => void outputs.push(o));
    analysis.candleClosed(input([]), (o) => void outputs.push(o));
    analysis.quote({ symbol: 'A', mid: NaN, last: -1, spread: null, venue: 'x', kind: 'live', now: START });
    analysis.clock(START + 60_000, (o) => void outputs.push(o));
    expect(outputs).toEqual([]);
  });

  it('keep the records of live and simulated data apart, and signal nothing across a change', () => {
    const analysis = createAnalysis({ intervals: ['1m'], sentimentEveryMs: 30_000 });
    const outputs: EngineOutput[] = [];
    const out = (o: EngineOutput): void => void outputs.push(o);
    for (let end = 300; end <= 600; end++) analysis.candleClosed(input(CANDLES.slice(0, end)), out);
    analysis.reset();
    outputs.length = 0;
    analysis.candleClosed({ ...input(CANDLES.slice(0, 601)), kind: 'live' }, out);
    expect(outputs.map((o) => o.type)).toEqual(['rating']);
    for (let end = 602; end <= 700; end++) analysis.candleClosed({ ...input(CANDLES.slice(0, end)), kind: 'live' }, out);
    const first = outputs.find((o) => o.type === 'signal');
    expect(first?.type === 'signal' && first.record.track).toMatchObject({ n: 0, since: null });
  });
});
