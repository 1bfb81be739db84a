import { defineStore } from 'pinia';
import { computed, markRaw, shallowRef } from 'vue';
import type { MarketData, SparklineData } from '@/core/contract';
import { QuoteColumns } from './quoteColumns';
import { createRowSignals } from './rowSignals';
import type { Apply, InstrumentView, MarketStoreApi, QuoteView } from './types';

/** Flushes between two looks for refs of rows nobody reads any more (a minute at 60 Hz). */
const SWEEP_EVERY = 3_600;

function unknownInstrument(symbol: string): InstrumentView {
  const quote = symbol.split('/')[1] ?? 'USD';
  return { symbol, name: symbol, assetClass: symbol.includes('/') ? 'crypto' : 'equity', quote, tickSize: 0.01, priceDecimals: 2, sizeDecimals: 4 };
}

/** Quotes and sparklines. Small reactive face over plain columns: see `MarketStoreApi`. */
export const useMarketStore = defineStore('market', () => {
  const symbols = shallowRef<readonly string[]>([]);
  const tick = shallowRef(0);
  const instruments = shallowRef<ReadonlyMap<string, InstrumentView>>(new Map());
  const columns = markRaw(new QuoteColumns());
  const sparklines = new Map<string, SparklineData>();
  const dirtySparklines = new Set<string>();
  const rows = createRowSignals();
  const lines = createRowSignals();
  const guesses = new Map<string, InstrumentView>();

  function applySparklines(change: Apply<SparklineData>): void {
    if (change.replace) {
      for (const key of sparklines.keys()) dirtySparklines.add(key);
      sparklines.clear();
    }
    for (const { key, value } of change.updates) {
      if (value) sparklines.set(key, value);
      else sparklines.delete(key);
      dirtySparklines.add(key);
    }
  }

  function flush(): void {
    const { dirty, keysChanged } = columns.takeDirty();
    if (dirty.size === 0 && dirtySparklines.size === 0) return;
    if (keysChanged) symbols.value = inServerOrder(columns.keys, instruments.value);
    for (const key of dirty) rows.bump(key);
    for (const key of dirtySparklines) lines.bump(key);
    dirtySparklines.clear();
    tick.value++;
    if (tick.value % SWEEP_EVERY === 0) {
      rows.sweep();
      lines.sweep();
    }
  }

  function quote(symbol: string): QuoteView | null {
    rows.track(symbol);
    return columns.view(symbol);
  }
  const peek = (symbol: string): QuoteView | null => columns.view(symbol);
  function instrument(symbol: string): InstrumentView {
    const known = instruments.value.get(symbol) ?? guesses.get(symbol);
    if (known) return known;
    const guess = unknownInstrument(symbol);
    if (guesses.size < 10_000) guesses.set(symbol, guess);
    return guess;
  }
  function sparkline(symbol: string): SparklineData | null {
    lines.track(symbol);
    return sparklines.get(symbol) ?? null;
  }

  const api = {
    symbols,
    tick,
    // Getters that take a symbol: as plain functions they would be actions, whose wrapping costs more than the read, and rows read by the thousand.
    quote: computed(() => quote),
    peek: computed(() => peek),
    instrument: computed(() => instrument),
    sparkline: computed(() => sparkline),
    applyQuotes: (change: Apply<MarketData>): void => columns.apply(change),
    applySparklines,
    setInstruments(list: readonly InstrumentView[]): void {
      instruments.value = new Map(list.map((i) => [i.symbol, i]));
      symbols.value = inServerOrder(columns.keys, instruments.value);
    },
    flush,
  };
  return api;
});

/** Known instruments in the order of the server's list, then the rest in order of arrival. */
function inServerOrder(keys: readonly string[], instruments: ReadonlyMap<string, InstrumentView>): string[] {
  const have = new Set(keys);
  const listed = [...instruments.keys()].filter((s) => have.has(s));
  return [...listed, ...keys.filter((s) => !instruments.has(s))];
}

/** Compile-time proof that the store offers what panels rely on. */
export const marketStoreApi = (store: ReturnType<typeof useMarketStore>): MarketStoreApi => store;
