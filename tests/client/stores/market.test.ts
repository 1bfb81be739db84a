import { createPinia, setActivePinia } from 'pinia';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { computed, effectScope, watchEffect } from 'vue';
import type { MarketData } from '@/core/contract';
import { createRowSignals } from '@/stores/rowSignals';
import { useMarketStore } from '@/stores/market';
import { price } from '../../support/fakeHub';

let market: ReturnType<typeof useMarketStore>;
const put = (values: Record<string, MarketData | null>, replace = false, receivedAt = 1_000): void =>
  market.applyQuotes({ updates: Object.entries(values).map(([key, value]) => ({ key, value })), replace, receivedAt });
const facts = (symbol: string) => ({ symbol, name: symbol, assetClass: 'crypto' as const, quote: 'USDT', tickSize: 0.01, priceDecimals: 2, sizeDecimals: 2 });

beforeEach(() => {
  setActivePinia(createPinia());
  market = useMarketStore();
});

describe('market store', () => {
  it('shows nothing before the flush, and only to those who read the row', () => {
    const seen: Record<string, (number | null | undefined)[]> = { A: [], B: [] };
    put({ A: price(1), B: price(1) });
    market.flush();
    const scope = effectScope();
    scope.run(() => {
      for (const key of ['A', 'B']) watchEffect(() => seen[key]?.push(market.quote(key)?.price), { flush: 'sync' });
    });
    put({ A: price(2) });
    put({ A: price(3) });
    expect(seen).toEqual({ A: [1], B: [1] });
    market.flush();
    expect(seen).toEqual({ A: [1, 3], B: [1] });
    market.flush();
    expect(seen).toEqual({ A: [1, 3], B: [1] });
    scope.stop();
  });

  it('a reader of a symbol that is not there yet gets it when it comes', () => {
    const scope = effectScope();
    const shown = scope.run(() => computed(() => market.quote('NEW')?.price ?? null));
    expect(shown?.value).toBeNull();
    put({ NEW: price(9) });
    market.flush();
    expect(shown?.value).toBe(9);
    scope.stop();
  });

  it('keeps direction, the price before and the time of the last change; equal prices change nothing', () => {
    put({ A: price(10) }, false, 1);
    expect(market.peek('A')).toMatchObject({ direction: 0, previousPrice: null });
    put({ A: price(12) }, false, 2);
    put({ A: price(12) }, false, 3);
    expect(market.peek('A')).toMatchObject({ price: 12, direction: 1, previousPrice: 10, changedAt: 2, receivedAt: 3 });
    put({ A: price(11) }, false, 4);
    expect(market.peek('A')).toMatchObject({ direction: -1, previousPrice: 12, changedAt: 4 });
  });

  it('a change from simulator to live is no price move', () => {
    put({ A: price(10, { quality: 'simulated' }) });
    put({ A: price(99, { quality: 'live' }) });
    expect(market.peek('A')).toMatchObject({ price: 99, direction: 0, previousPrice: null, quality: 'live' });
  });

  it('unknown is null, zero is zero', () => {
    put({ A: price(5, { bid: null, change_24h: 0, price: null }) });
    expect(market.peek('A')).toMatchObject({ price: null, bid: null, changePercent: 0 });
  });

  it('symbols are in the server\'s order and follow removals; a snapshot takes away what it does not name', () => {
    market.setInstruments(['C', 'A', 'B'].map(facts));
    put({ A: price(1), X: price(1), B: price(1), C: price(1) });
    market.flush();
    expect(market.symbols).toEqual(['C', 'A', 'B', 'X']);
    put({ B: null });
    market.flush();
    expect(market.symbols).toEqual(['C', 'A', 'X']);
    put({ X: price(2) }, true);
    market.flush();
    expect([market.symbols, market.peek('A')]).toEqual([['X'], null]);
  });

  it('holds what a plain map would hold, whatever comes (rows are reused after removals)', () => {
    const op = fc.record({ key: fc.constantFrom('a', 'b', 'c', '__proto__', 'toString'), n: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }), replace: fc.boolean() });
    fc.assert(fc.property(fc.array(op), (ops) => {
      setActivePinia(createPinia());
      market = useMarketStore();
      const model = new Map<string, number>();
      for (const { key, n, replace } of ops) {
        if (replace) model.clear();
        if (n === null) model.delete(key);
        else model.set(key, n);
        market.applyQuotes({ updates: [{ key, value: n === null ? null : price(n) }], replace, receivedAt: 0 });
      }
      market.flush();
      expect(Object.fromEntries(market.symbols.map((s) => [s, market.peek(s)?.price]))).toEqual(Object.fromEntries(model));
    }));
  });

  it('grows past its first array without losing a value', () => {
    const values = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`S${i}`, price(i + 1)]));
    put(values);
    market.flush();
    expect(market.symbols.map((s) => market.peek(s)?.price)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  });

  it('sparklines are read by row too', () => {
    const line = { end_time: 1, step_ms: 60_000, closes: [1], quality: 'live' as const };
    const scope = effectScope();
    const shown = scope.run(() => computed(() => market.sparkline('A')?.closes.length ?? 0));
    expect(shown?.value).toBe(0);
    market.applySparklines({ updates: [{ key: 'A', value: line }], replace: false, receivedAt: 0 });
    expect(shown?.value).toBe(0);
    market.flush();
    expect(shown?.value).toBe(1);
    scope.stop();
  });
});

describe('row signals', () => {
  it('a sweep forgets refs nobody reads, and those still read go on', () => {
    const signals = createRowSignals();
    for (let i = 0; i < 300; i++) signals.track(`old ${i}`);
    let runs = 0;
    const scope = effectScope();
    scope.run(() => watchEffect(() => { signals.track('read'); runs++; }, { flush: 'sync' }));
    signals.sweep();
    expect(signals.size).toBe(1);
    const before = runs;
    signals.bump('read');
    expect(runs).toBe(before + 1);
    scope.stop();
  });
});
