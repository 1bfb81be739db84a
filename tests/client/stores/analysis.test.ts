import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { MARKET_WIDE_KEY, type BinaryData } from '@/core/contract';
import { useAnalysisStore } from '@/stores/analysis';
import { rating, signal } from '../panels/support';

let store: ReturnType<typeof useAnalysisStore>;
const mood = (ts: number, value: number | null): BinaryData => ({ v: 1, up: null, down: null, method: 'm', source: 'live', venue: '', ts, mid: null, px: 'mid', horizons: [], drivers: [], breadth: null, mood: value, seq: null, prev: null, hash: null });
const apply = (ts: number, value: number | null): void => store.applySentiment({ updates: [{ key: MARKET_WIDE_KEY, value: mood(ts, value) }], replace: false, receivedAt: 0 });

beforeEach(() => {
  setActivePinia(createPinia());
  store = useAnalysisStore();
});

describe('analysis store', () => {
  it('lists signals newest first, each id once, at most 500, and only after the flush', () => {
    store.applySignals([signal('1'), signal('2')], { replace: false, lost: 0 });
    expect(store.signals).toEqual([]);
    store.applySignals([signal('2', { score: 0.9 }), signal('3')], { replace: false, lost: 0 });
    store.flush();
    expect(store.signals.map((s) => s.id)).toEqual(['3', '2', '1']);
    expect(store.signals[1]?.score).toBe(0.9);
    store.applySignals(Array.from({ length: 700 }, (_, i) => signal(`n${i}`)), { replace: false, lost: 0 });
    store.flush();
    expect([store.signals.length, store.signals[0]?.id]).toEqual([500, 'n699']);
  });

  it('a snapshot replaces the list; losses are added up', () => {
    store.applySignals([signal('1')], { replace: false, lost: 2 });
    store.applySignals([signal('9')], { replace: true, lost: 3 });
    store.flush();
    expect([store.signals.map((s) => s.id), store.lostSignals]).toEqual([['9'], 5]);
  });

  it('what the server kept of the mood comes before what was heard here, and never takes the place of what is newer', () => {
    for (const [ts, value] of [[300, 3], [400, 4]] as const) apply(ts, value);
    store.takeMood([{ t: 100, mood: 1, net: null }, { t: 200, mood: null, net: 0.5 }, { t: 300, mood: 3, net: null }]);
    expect(store.moodHistory.map((p) => [p.t, p.mood])).toEqual([[100, 1], [200, null], [300, 3], [400, 4]]);
    apply(500, 5);
    store.flush();
    expect(store.moodHistory.map((p) => p.t)).toEqual([100, 200, 300, 400, 500]);
  });

  it('ratings follow updates, removals and snapshots; the map shown is replaced only when something changed', () => {
    store.applyRatings({ updates: [{ key: 'A|1m', value: rating() }, { key: 'B|1m', value: rating() }], replace: false, receivedAt: 0 });
    store.flush();
    const shown = store.ratings;
    store.flush();
    expect(store.ratings).toBe(shown);
    store.applyRatings({ updates: [{ key: 'A|1m', value: null }], replace: false, receivedAt: 0 });
    store.flush();
    expect([...store.ratings.keys()]).toEqual(['B|1m']);
    store.applyRatings({ updates: [], replace: true, receivedAt: 0 });
    store.flush();
    expect(store.ratings.size).toBe(0);
  });

  it('keeps a history of the mood: one point per time, unknown stays null, an older clock begins anew', () => {
    apply(1_000, 50);
    apply(1_000, 51);
    apply(2_000, null);
    store.flush();
    expect(store.moodHistory).toEqual([{ t: 1_000, mood: 51, net: null }, { t: 2_000, mood: null, net: null }]);
    apply(500, 40);
    store.flush();
    expect(store.moodHistory).toEqual([{ t: 500, mood: 40, net: null }]);
    for (let t = 1; t <= 1_500; t++) apply(10_000 + t, t);
    store.flush();
    expect([store.moodHistory.length, store.moodHistory.at(-1)?.t]).toEqual([1_000, 11_500]);
  });
});
