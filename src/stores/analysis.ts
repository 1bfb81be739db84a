import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { MARKET_WIDE_KEY, type BinaryData, type RatingData, type SignalRecord } from '@/core/contract';
import type { AnalysisStoreApi, Apply } from './types';

const MAX_SIGNALS = 500;
const MAX_MOOD_POINTS = 1_000;
type MoodPoint = AnalysisStoreApi['moodHistory'][number];

/** A map that is changed in place and shown, as a copy, at the next flush. */
function createKeyed<T>() {
  const shown = shallowRef<ReadonlyMap<string, T>>(new Map());
  const data = new Map<string, T>();
  let dirty = false;
  return {
    shown,
    apply(change: Apply<T>): void {
      if (change.replace) data.clear();
      for (const { key, value } of change.updates) {
        if (value === null) data.delete(key);
        else data.set(key, value);
      }
      dirty = true;
    },
    flush(): void {
      if (dirty) shown.value = new Map(data);
      dirty = false;
    },
  };
}

/** Ratings, scored signals and sentiment: see `AnalysisStoreApi`. */
export const useAnalysisStore = defineStore('analysis', () => {
  const ratings = createKeyed<RatingData>();
  const sentiment = createKeyed<BinaryData>();
  const short = createKeyed<BinaryData>();
  const signals = shallowRef<readonly SignalRecord[]>([]);
  const moodHistory = shallowRef<readonly MoodPoint[]>([]);
  const lostSignals = shallowRef(0);
  let nextSignals: readonly SignalRecord[] = [];
  let nextMood: readonly MoodPoint[] = [];
  let nextLost = 0;

  function applySignals(items: readonly SignalRecord[], options: { readonly replace: boolean; readonly lost: number }): void {
    const fresh = new Map([...items].reverse().map((item) => [item.id, item]));
    const kept = options.replace ? [] : nextSignals.filter((item) => !fresh.has(item.id));
    nextSignals = [...fresh.values(), ...kept].slice(0, MAX_SIGNALS);
    nextLost += options.lost;
  }

  function applyShortSentiment(symbol: string, change: Apply<BinaryData>): void {
    // One channel per symbol: a new start of one says nothing of the others.
    const gone = change.replace ? [{ key: symbol, value: null }] : [];
    short.apply({ ...change, updates: [...gone, ...change.updates], replace: false });
  }

  function applySentiment(change: Apply<BinaryData>): void {
    sentiment.apply(change);
    for (const { key, value } of change.updates) {
      if (key !== MARKET_WIDE_KEY || !value) continue;
      const newest = nextMood.at(-1);
      // An older or other-kind market (mode change) begins a new line.
      const line = newest && newest.t > value.ts ? [] : nextMood.filter((p) => p.t !== value.ts);
      nextMood = [...line, { t: value.ts, mood: value.mood, net: value.breadth?.net ?? null }].slice(-MAX_MOOD_POINTS);
    }
  }

  function takeMood(points: readonly MoodPoint[]): void {
    const newest = points.at(-1)?.t ?? -Infinity;
    nextMood = [...points, ...nextMood.filter((p) => p.t > newest)].slice(-MAX_MOOD_POINTS);
    moodHistory.value = nextMood;
  }

  function flush(): void {
    ratings.flush();
    sentiment.flush();
    short.flush();
    if (signals.value !== nextSignals) signals.value = nextSignals;
    if (moodHistory.value !== nextMood) moodHistory.value = nextMood;
    lostSignals.value = nextLost;
  }

  return { ratings: ratings.shown, signals, sentiment: sentiment.shown, moodHistory, lostSignals, applySignals, applyRatings: ratings.apply, applySentiment, takeMood, shortSentiment: short.shown, applyShortSentiment, flush };
});

/** Compile-time proof that the store offers what panels rely on. */
export const analysisStoreApi = (store: ReturnType<typeof useAnalysisStore>): AnalysisStoreApi => store;
