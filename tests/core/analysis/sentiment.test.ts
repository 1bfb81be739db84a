import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnalysis } from '@/core/analysis';
import type { BinaryData } from '@/core/contract';
import type { EngineOutput, SentimentOutcome } from '@/core/market/outputs';
import { RandomStream } from '@/core/simulator/random';

const START = Date.UTC(2026, 0, 7, 12);
const HORIZONS = [10, 60, 300, 900, 3600];
type Sent = readonly { symbol: string | null; data: BinaryData }[];

/** Feeds one price a second per symbol, a clock each second. `next` gives the price, or null for silence. */
function run(seconds: number, next: (second: number, symbol: string) => number | null, options: { symbols?: readonly string[]; everyMs?: number } = {}): Sent {
  const { symbols = ['A'], everyMs = 30_000 } = options;
  const analysis = createAnalysis({ intervals: ['1m'], sentimentEveryMs: everyMs });
  const sent: { symbol: string | null; data: BinaryData }[] = [];
  for (let s = 0; s < seconds; s++) {
    for (const symbol of symbols) {
      const mid = next(s, symbol);
      if (mid !== null) analysis.quote({ symbol, mid, last: mid, spread: 0.01, venue: 'v', kind: 'live', now: START + s * 1000 });
    }
    analysis.clock(START + s * 1000, (o) => o.type === 'sentiment' && sent.push({ symbol: o.symbol, data: o.data }));
  }
  return sent;
}

/** Second by second: what was sent of the symbol, and every outcome told. */
function stepped(seconds: number, price: (second: number) => number | null): { sent: BinaryData[]; outcomes: SentimentOutcome[] } {
  const analysis = createAnalysis({ intervals: [], sentimentEveryMs: 30_000 });
  const sent: BinaryData[] = [];
  const outcomes: SentimentOutcome[] = [];
  for (let s = 0; s < seconds; s++) {
    const mid = price(s);
    if (mid !== null) analysis.quote({ symbol: 'A', mid, last: mid, spread: 0.01, venue: 'v', kind: 'live', now: START + s * 1000 });
    analysis.clock(START + s * 1000, (o) => {
      if (o.type === 'sentiment' && o.symbol !== null) sent.push(o.data);
      if (o.type === 'outcome' && o.of === 'sentiment') outcomes.push(...o.outcomes);
    });
  }
  return { sent, outcomes };
}

const own = (sent: Sent): BinaryData[] => sent.flatMap((s) => (s.symbol === null ? [] : [s.data]));
const track = (data: BinaryData | undefined, h: number) => data?.horizons.find((x) => x.h === h)?.track;

/** A walk whose step continues the last one with this probability. */
function walk(seed: number, goesOn: number): () => number {
  const random = new RandomStream(`${seed}|walk`);
  let [price, sign] = [1000, 1];
  return () => {
    sign = random.uniform() < goesOn ? sign : -sign;
    return (price += 0.01 * sign);
  };
}

describe('sentiment', () => {
  it('is sent at its interval with five horizons, P(up) + P(down) = 1, and says how it was made', () => {
    const next = walk(1, 0.5);
    const data = own(run(301, next));
    expect(data.map((d) => d.ts)).toEqual(Array.from({ length: 11 }, (_, i) => START + i * 30_000));
    for (const d of data) {
      expect(d).toMatchObject({ method: 'mix@1', source: 'live', px: 'mid', venue: 'v', breadth: null });
      expect(d.horizons.map((h) => h.h)).toEqual([...HORIZONS]);
      expect((d.up ?? 0) + (d.down ?? 0)).toBeCloseTo(1, 12);
      for (const h of d.horizons) {
        expect(h.lo).toBeLessThanOrEqual(h.pUp);
        expect(h.hi).toBeGreaterThanOrEqual(h.pUp);
        expect(h.breakEven).toBe(0.541);
      }
    }
    expect(data[0]?.horizons.every((h) => Math.abs(h.pUp - 0.5) < 1e-9 && h.call === 'NONE')).toBe(true);
  });

  it('comes as often for the reader of a feed that runs fast', () => {
    const analysis = createAnalysis({ intervals: [], sentimentEveryMs: 30_000 });
    analysis.setPace(20);
    const times: number[] = [];
    for (let s = 0; s <= 1_300; s++) {
      analysis.quote({ symbol: 'A', mid: 100 + (s % 7), last: null, spread: null, venue: 'v', kind: 'simulated', now: START + s * 1000 });
      analysis.clock(START + s * 1000, (o) => o.type === 'sentiment' && o.symbol === 'A' && o.quiet !== true && times.push(o.data.ts - START));
    }
    expect(times).toEqual([0, 600_000, 1_200_000]);
  });

  it('makes the same forecasts whatever the pace of a replay; only fewer are told', () => {
    const record = (pace: number): { all: string[]; told: number } => {
      const analysis = createAnalysis({ intervals: [], sentimentEveryMs: 30_000 });
      analysis.setPace(pace);
      const next = walk(3, 0.6);
      const all: string[] = [];
      let told = 0;
      for (let s = 0; s <= 1_300; s++) {
        analysis.quote({ symbol: 'A', mid: next(), last: null, spread: 0.01, venue: 'v', kind: 'replay', now: START + s * 1000 });
        analysis.clock(START + s * 1000, (o) => {
          if (o.type === 'outcome' || (o.type === 'sentiment' && o.symbol !== null)) all.push(JSON.stringify(o.type === 'outcome' ? o : o.data));
          if (o.type === 'sentiment' && o.symbol !== null && o.quiet !== true) told++;
        });
      }
      return { all, told };
    };
    const [slow, fast] = [record(1), record(20)];
    expect(fast.all).toEqual(slow.all);
    expect([slow.told, fast.told]).toEqual([44, 3]);
  });

  it('draws no arrow on a random walk and claims no skill (3 seeds, a forecast each second)', () => {
    for (const seed of [1, 2, 3]) {
      const next = walk(seed, 0.5);
      const data = own(run(20_000, (s) => (s % 2 === 0 ? next() : null)));
      expect(data.flatMap((d) => d.horizons).filter((h) => h.call !== 'NONE')).toEqual([]);
      expect(track(data.at(-1), 10)?.n).toBeGreaterThan(10_000);
      expect(Math.abs(track(data.at(-1), 10)?.bss ?? 1)).toBeLessThan(0.003);
    }
  });

  it('finds a planted tendency, learns it, and only then draws the arrow, the right way', () => {
    const next = walk(7, 0.75);
    let price = next();
    // One move in ten seconds, going on with probability 0.75.
    const data = own(run(20_000, (s) => (s % 10 === 5 ? (price = next()) : price), { everyMs: 10_000 }));
    const last = data.at(-1);
    const at10 = last?.horizons.find((h) => h.h === 10);
    expect(at10?.track.hit).toBeGreaterThan(0.72);
    expect(at10?.track.bssLo).toBeGreaterThan(0.05);
    expect(at10?.call).toBe((at10?.pUp ?? 0) > 0.5 ? 'UP' : 'DOWN');
    expect(Math.abs((at10?.pUp ?? 0.5) - 0.5)).toBeGreaterThan(0.15);
    // Ten forecasts share each ten seconds: 300 independent ones are 3,000.
    const early = data.filter((d) => (track(d, 10)?.n ?? 0) < 2_900);
    expect(early.flatMap((d) => d.horizons).every((h) => h.call === 'NONE')).toBe(true);
  });

  it('judges by the price known when due, not by a later one', () => {
    // 100 until second 60, 110 from 61 on: the forecast of second 0 at one minute is a tie, that of second 30 a rise.
    const { outcomes } = stepped(100, (s) => (s <= 60 ? 100 : 110));
    expect(outcomes.filter((o) => o.h === 60)).toEqual([
      { method: 'mix@1', source: 'live', symbol: 'A', forecast: START, h: 60, ts: START + 60_000, result: 'flat', reason: '', price: 100 },
      { method: 'mix@1', source: 'live', symbol: 'A', forecast: START + 30_000, h: 60, ts: START + 90_000, result: 'up', reason: '', price: 110 },
    ]);
  });

  it('voids what a silence hides, and forecasts nothing without a price', () => {
    const { outcomes, sent } = stepped(400, (s) => (s < 35 || s > 300 ? 100 + s : null));
    // Made at 0, 30 (silence begins at 35) and 60: old at the start for 10 s, old at the end for a minute.
    expect(outcomes.filter((o) => o.h === 10).slice(0, 3).map((o) => [o.forecast - START, o.result, o.reason])).toEqual([[0, 'up', ''], [30_000, 'void', 'stale'], [60_000, 'void', 'stale']]);
    expect(outcomes.find((o) => o.h === 60 && o.forecast === START + 30_000)).toMatchObject({ result: 'void', reason: 'stale', price: null });
    expect(sent.some((d) => d.ts > START + 100_000 && d.ts < START + 300_000)).toBe(false);
  });

  it('judges nothing across a pause of the market', () => {
    const { outcomes } = stepped(4_200, (s) => (s < 1_000 || s > 2_500 ? 100 + s : null));
    const across = outcomes.filter((o) => o.h === 3600);
    expect(across.length).toBeGreaterThan(10);
    expect(across.every((o) => o.result === 'void' && o.reason === 'gap')).toBe(true);
    expect(outcomes.every((o) => o.ts > o.forecast)).toBe(true);
  });

  it('voids open forecasts when the venue or the kind of data changes, and keeps the record of each kind', () => {
    const analysis = createAnalysis({ intervals: [], sentimentEveryMs: 1_000 });
    let last: BinaryData | undefined;
    const outcomes: SentimentOutcome[] = [];
    const out = (o: EngineOutput): void => {
      if (o.type === 'sentiment' && o.symbol === 'A') last = o.data;
      if (o.type === 'outcome' && o.of === 'sentiment') outcomes.push(...o.outcomes);
    };
    const step = (s: number, venue: string, kind: 'live' | 'simulated'): void => {
      analysis.quote({ symbol: 'A', mid: 100 + s, last: null, spread: null, venue, kind, now: START + s * 1000 });
      analysis.clock(START + s * 1000, out);
    };
    for (let s = 0; s < 20; s++) step(s, 'v', 'live');
    const before = track(last, 60);
    expect(before).toMatchObject({ n: 0, open: 20 });
    step(20, 'w', 'live');
    expect(track(last, 60)).toMatchObject({ n: 0, void: 20, open: 1 });
    expect(outcomes.filter((o) => o.h === 60).every((o) => o.reason === 'feed' && o.ts > o.forecast)).toBe(true);
    analysis.reset(START + 20_500, out);
    expect(outcomes.filter((o) => o.reason === 'mode').map((o) => o.h)).toEqual(HORIZONS);
    step(21, 'v', 'simulated');
    expect(last).toMatchObject({ source: 'simulated' });
    expect(track(last, 60)).toMatchObject({ n: 0, void: 0, flat: 0, open: 1 });
    analysis.reset(START + 21_500, out);
    step(22, 'w', 'live');
    expect(track(last, 60)).toMatchObject({ n: 0, void: 21, open: 1 });
  });

  it('labels on trades, and says so, where there are no quotes', () => {
    const analysis = createAnalysis({ intervals: [], sentimentEveryMs: 1_000 });
    let px = '';
    analysis.quote({ symbol: 'A', mid: null, last: 5, spread: null, venue: 'v', kind: 'live', now: START });
    analysis.clock(START, (o) => (px = o.type === 'sentiment' && o.symbol ? o.data.px : px));
    expect(px).toBe('trade');
  });

  it('loses no forecast: made = moves + ties + voids + open, whatever comes', () => {
    const event = fc.record({
      pause: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4_000 })),
      price: fc.oneof(fc.constant(null), fc.constant(100), fc.double({ min: 90, max: 110, noNaN: true })),
      venue: fc.oneof({ weight: 20, arbitrary: fc.constant('v') }, { weight: 1, arbitrary: fc.constant('w') }),
      reset: fc.oneof({ weight: 20, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const analysis = createAnalysis({ intervals: [], sentimentEveryMs: 10_000 });
        let now = START;
        let made = 0;
        const ended = new Map<string, string>();
        const out = (o: EngineOutput): void => {
          if (o.type === 'sentiment' && o.symbol !== null) made++;
          if (o.type !== 'outcome' || o.of !== 'sentiment') return;
          for (const x of o.outcomes) {
            expect(x.ts).toBeGreaterThan(x.forecast);
            expect(ended.has(`${x.forecast}|${x.h}`)).toBe(false);
            ended.set(`${x.forecast}|${x.h}`, x.result);
          }
        };
        for (const e of events) {
          now += e.pause * 1000;
          if (e.reset) analysis.reset(now, out);
          if (e.price !== null) analysis.quote({ symbol: 'A', mid: e.price, last: null, spread: null, venue: e.venue, kind: 'live', now });
          analysis.clock(now, out);
          for (const { seconds, made: all, open, track: { sums, voids } } of [...(analysis.sentimentState?.().symbols ?? [])][0]?.horizons ?? []) {
            expect(sums.n + sums.flat + voids.reduce((a, b) => a + b, 0) + open).toBe(all);
            if (seconds !== 10) expect(all).toBe(made);
          }
        }
        // Every published forecast ends exactly once; what is still open ends as void with the market shown.
        analysis.reset(now + 1_000, out);
        expect(ended.size).toBe(made * HORIZONS.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe('breadth and mood', () => {
  const symbols = ['A', 'B', 'C', 'D', 'E', 'F'];

  it('counts advances and declines against the day open, and is filled for the watch list only', () => {
    const sent = run(61, (s, symbol) => (symbol === 'F' ? 100 : symbol < 'C' ? 100 + s : 100 - s / 10), { symbols });
    const market = sent.filter((x) => x.symbol === null).map((x) => x.data);
    expect(market.at(-1)).toMatchObject({ up: null, down: null, horizons: [], mood: null, breadth: { n: 6, adv: 2, dec: 3, flat: 1, net: -0.2 } });
  });

  it('has no mood below five instruments or without history, then one between 0 and 100', () => {
    const analysis = (names: readonly string[], pace = 1): (number | null)[] => {
      const a = createAnalysis({ intervals: ['1m'], sentimentEveryMs: 30_000 });
      a.setPace(pace);
      const moods: (number | null)[] = [];
      const random = new RandomStream('mood');
      const closes = new Map<string, { openTime: number; open: number; high: number; low: number; close: number; volume: number }[]>();
      for (let minute = 0; minute < 120; minute++) {
        for (const symbol of names) {
          const list = closes.get(symbol) ?? [];
          const close = (list.at(-1)?.close ?? 100) + random.uniform() - 0.5;
          list.push({ openTime: START + minute * 60_000, open: close, high: close + 0.1, low: close - 0.1, close, volume: 1 });
          closes.set(symbol, list);
          const now = START + (minute + 1) * 60_000;
          a.quote({ symbol, mid: close, last: close, spread: 0, venue: 'v', kind: 'live', now });
          a.candleClosed({ symbol, interval: '1m', candles: list, kind: 'live', venue: 'v', now, mid: close, warm: false }, () => undefined);
        }
        a.clock(START + (minute + 1) * 60_000, (o) => o.type === 'sentiment' && o.symbol === null && moods.push(o.data.mood));
      }
      return moods;
    };
    expect(analysis(symbols.slice(0, 4)).every((m) => m === null)).toBe(true);
    const moods = analysis(symbols);
    expect(moods.slice(0, 29).every((m) => m === null)).toBe(true);
    const late = moods.slice(-30);
    expect(late.every((m) => m !== null && m >= 0 && m <= 100)).toBe(true);
    expect(new Set(late).size).toBeGreaterThan(5);
    // A fast feed tells it more rarely, and knows the same: its history was kept at the pace of telling, so it had none for a day.
    const told = analysis(symbols, 20).at(-1);
    expect(moods.includes(told ?? null)).toBe(true);
    expect(told).not.toBeNull();
  });
});
