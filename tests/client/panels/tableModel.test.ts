import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_COLUMNS, fitColumns, formatSpread, spreadBp } from '@/panels/PriceTable/columns';
import { originOf, rowLabel } from '@/components/sourceWords';
import { breadthOf } from '@/panels/MarketHeader/marketFacts';
import { tableNotes } from '@/panels/PriceTable/tableNotes';
import { moveBy, scrollToShow, visibleWindow } from '@/panels/PriceTable/virtual';
import type { InstrumentView, QuoteView } from '@/stores/types';
import { instrument } from './support';

describe('fitColumns', () => {
  it('never needs more room than there is, down to the symbol alone', () => {
    fc.assert(fc.property(fc.integer({ min: 160, max: 2_000 }), (width) => {
      const columns = fitColumns([], width);
      expect(columns.reduce((sum, c) => sum + c.width, 0)).toBeLessThanOrEqual(width);
      expect(columns.some((c) => c.id === 'symbol')).toBe(true);
    }));
  });
  it('has every column at desktop width, and price, change and age in a narrow panel', () => {
    expect(fitColumns([], 1_440).map((c) => c.id)).toEqual(DEFAULT_COLUMNS);
    expect(fitColumns([], 560).map((c) => c.id)).toEqual(expect.arrayContaining(['symbol', 'last', 'changePercent', 'age']));
  });
});

describe('virtual rows', () => {
  const list = fc.record({ count: fc.integer({ min: 0, max: 3_000 }), top: fc.integer({ min: 0, max: 100_000 }), height: fc.integer({ min: 50, max: 2_000 }), row: fc.constantFrom(22, 28, 36, 48) });

  it('covers what is in sight and little more, inside the list', () => {
    fc.assert(fc.property(list, ({ count, top, height, row }) => {
      const scrollTop = Math.min(top, Math.max(0, count * row - height));
      const { first, end } = visibleWindow(scrollTop, height, row, count);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(count);
      expect(first * row).toBeLessThanOrEqual(scrollTop);
      expect(end === count || end * row >= scrollTop + height).toBe(true);
      expect(end - first).toBeLessThanOrEqual(Math.ceil(height / row) + 10);
    }));
  });
  it('scrolls just as far as needed', () => {
    expect(scrollToShow(0, 280, 560, 28)).toBe(0);
    expect(scrollToShow(12, 280, 560, 28)).toBe(280);
    expect(scrollToShow(40, 0, 560, 28)).toBe(588);
  });
  it('keys stay inside the list', () => {
    expect(moveBy('ArrowUp', 0, 3, 10)).toBe(0);
    expect(moveBy('PageDown', 0, 3, 10)).toBe(2);
    expect(moveBy('End', 0, 0, 10)).toBe(null);
    expect(moveBy('x', 0, 3, 10)).toBe(null);
  });
});

describe('figures', () => {
  it('the spread keeps digits that tell tight markets apart', () => {
    expect(formatSpread(spreadBp(61_837.62, 61_837.64))).toBe('0.003');
    expect(formatSpread(spreadBp(99, 101))).toBe('200.0');
    expect(spreadBp(null, 1)).toBe(null);
  });
  it('breadth counts every symbol once and never ranks a falling one among the gainers', () => {
    const percents: Record<string, number | null> = { A: 2, B: -1, C: 0, D: null, E: -5 };
    const source = { peek: (s: string) => ({ changePercent: percents[s] ?? null }) as QuoteView, instrument: (s: string) => instrument(s) };
    const breadth = breadthOf(Object.keys(percents), source, 3);
    expect(breadth).toMatchObject({ up: 1, down: 2, flat: 1, unknown: 1 });
    expect(breadth.gainers.map((m) => m.symbol)).toEqual(['A']);
    expect(breadth.losers.map((m) => m.symbol)).toEqual(['E', 'B']);
  });
});

describe('blanks and labels', () => {
  const classes: Record<string, InstrumentView['assetClass']> = { AAPL: 'equity', MSFT: 'equity', 'XAU/USD': 'metal', 'EUR/USD': 'fx', 'BTC/USDT': 'crypto' };
  const source = { peek: () => ({ state: 'none', price: null }) as QuoteView, instrument: (s: string) => instrument(s, { assetClass: classes[s] ?? 'crypto' }) };
  const notes = (feeds: Record<string, { state: 'off' | 'live'; reason: string }>): string[] => tableNotes(Object.keys(classes), source, { mode: 'live', feeds: new Map(Object.entries(feeds)) });

  it('name the key that would bring shares, and what a source that has its key says', () => {
    const [first = '', ...rest] = notes({ finnhub: { state: 'off', reason: 'not used: set FINNHUB_API_KEY to enable it' } });
    expect(first).toBe('2 shares, 1 currency pair without a source. Finnhub, Twelve Data and Alpha Vantage would carry it: start the server with FINNHUB_API_KEY, TWELVE_DATA_API_KEY or ALPHA_VANTAGE_API_KEY. The simulator (TICKGLASS_FEED=simulator) has it too.');
    expect(rest.at(-1)).toBe('1 not sent by any venue so far.');
    expect(notes({ finnhub: { state: 'live', reason: 'waiting for the first trade' }, frankfurter: { state: 'off', reason: 'stopped by an administrator.' } }).join(' ')).toMatch(/1 currency pair without a source\. Finnhub: waiting for the first trade\. Frankfurter: stopped by an administrator\. Twelve Data and/);
  });
  it('a row is labelled when its numbers are not what the panel says', () => {
    const tag = (...args: Parameters<typeof rowLabel>): string => rowLabel(...args)?.tag ?? '';
    expect([tag('binance', 'live', 'live'), tag('alphavantage', 'delayed', 'live'), tag('frankfurter', 'delayed', 'live'), tag('simulator', 'simulated', 'mixed'), tag('simulator', 'simulated', 'simulated'), tag('okx', 'unknown', 'live'), tag('', 'unknown', 'live')])
      .toEqual(['', 'DELAYED', 'DAILY', 'SIM', '', 'UNKNOWN', '']);
    expect(originOf('frankfurter', 'delayed', 'rest')).toMatchObject({ text: 'Frankfurter daily', words: 'Reference rate, one number a day: Frankfurter', tone: 'amber' });
  });
});
