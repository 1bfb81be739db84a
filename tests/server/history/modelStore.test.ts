import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAnalysis, type Analysis } from '@/core/analysis';
import type { BinaryData, DataKind } from '@/core/contract';
import { ModelStore } from '../../../server/history/modelStore';

const START = Date.UTC(2026, 0, 7, 12);
let dataDir = '';
beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'tickglass-model-'))));
afterEach(() => rmSync(dataDir, { recursive: true }));

const fresh = (): Analysis => createAnalysis({ intervals: [], sentimentEveryMs: 10_000 });
const store = (analysis: Analysis): ModelStore => new ModelStore({
  dataDir, log: pino({ level: 'silent' }), state: () => analysis.sentimentState?.() ?? { method: '', symbols: [] }, restore: (state) => analysis.restoreSentiment?.(state) ?? 0,
});

/** Seconds of prices that move up three times of four; the last message. */
function feed(analysis: Analysis, from: number, to: number, kind: DataKind = 'live'): BinaryData | undefined {
  let last: BinaryData | undefined;
  for (let s = from; s < to; s++) {
    const mid = 100 + ((s * 7) % 11) + (s % 4 === 0 ? -1 : 1);
    analysis.quote({ symbol: 'A', mid, last: mid, spread: 0.01, bidSize: 1 + (s % 5), askSize: 2, venue: 'v', kind, now: START + s * 1000 });
    analysis.clock(START + s * 1000, (o) => (last = o.type === 'sentiment' && o.symbol === 'A' ? o.data : last));
  }
  return last;
}
const tracks = (data: BinaryData | undefined): { n: number; void: number; flat: number; open: number }[] => (data?.horizons ?? []).map(({ track }) => track);

describe('what the sentiment model has learned', () => {
  it('goes on after a restart: the same weights and record, what was open is void', async () => {
    const before = fresh();
    feed(before, 0, 2_000);
    await store(before).close();
    const after = fresh();
    expect(await store(after).open()).toBe(1);
    const [old, now] = [before, after].map((a) => [...(a.sentimentState?.().symbols ?? [])][0]);
    expect(now?.horizons.map((h) => h.forecaster)).toEqual(old?.horizons.map((h) => h.forecaster));
    expect(now?.horizons.map((h) => h.track.sums)).toEqual(old?.horizons.map((h) => h.track.sums));
    const first = feed(after, 2_030, 2_031);
    tracks(first).forEach((track, i) => {
      const then = old?.horizons[i];
      expect(track).toMatchObject({ n: then?.track.sums.n, flat: then?.track.sums.flat, open: 1, void: then?.open });
    });
    for (const h of [...(after.sentimentState?.().symbols ?? [])][0]?.horizons ?? []) {
      const { sums, voids } = h.track;
      expect(sums.n + sums.flat + voids.reduce((a, b) => a + b, 0) + h.open).toBe(h.made);
    }
  });

  it('keeps live markets only: a simulated one must give the same values at each start', async () => {
    const analysis = fresh();
    feed(analysis, 0, 100, 'simulated');
    await store(analysis).close();
    expect(await store(fresh()).open()).toBe(0);
  });

  it('takes what fits and leaves the rest: damage, another method, other shapes', async () => {
    const analysis = fresh();
    feed(analysis, 0, 100);
    await store(analysis).close();
    const path = join(dataDir, 'sentiment.jsonl');
    const line = readFileSync(path, 'utf8').trim();
    appendFileSync(path, ['{"half', 'null', line.replace('mix@1', 'mix@0'), line.replace('"mean":[', '"mean":[1,'), line.replace('"counts":', '"counts":"x","c":')].join('\n'));
    expect(await store(fresh()).open()).toBe(1);
    writeFileSync(path, 'nothing');
    expect(await store(fresh()).open()).toBe(0);
    rmSync(path);
    expect(await store(fresh()).open()).toBe(0);
  });
});
