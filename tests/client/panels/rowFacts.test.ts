import { describe, expect, it } from 'vitest';
import { changeOf, rangeOf, rowFacts } from '@/panels/PriceTable/rowFacts';
import type { QuoteView } from '@/stores/types';

const quote = (over: Partial<QuoteView> = {}): QuoteView => ({
  symbol: 'A/USD', price: 110, bid: 109, ask: 111, bidSize: 1, askSize: 1, open24h: 100, changePercent: 10, high24h: 120, low24h: 100, volume24h: 5,
  source: 'binance', quality: 'live', route: 'socket', state: 'ok', venueTime: null, ageAtSend: 0, receivedAt: 1, direction: 1, previousPrice: 109, changedAt: 1, ...over,
});

describe('facts of a row', () => {
  it('stay the same object while only digits change, so that the row is not drawn anew', () => {
    const before = rowFacts(quote());
    expect(rowFacts(quote({ price: 111, bid: 110, ask: 112, volume24h: 6, changePercent: 11, receivedAt: 2, changedAt: 2 }), before)).toBe(before);
  });

  it.each([
    ['source', { source: 'okx' }], ['route', { route: 'rest' }], ['quality', { quality: 'replay' }], ['direction', { price: 90 }], ['no direction', { price: 100 }], ['low', { low24h: 99 }], ['high', { high24h: 121 }],
    ['no price', { price: null }], ['no per cent', { changePercent: null }], ['no volume', { volume24h: null }], ['no range', { high24h: 100 }],
  ] as const)('are others with another %s', (_what, over) => {
    const before = rowFacts(quote());
    expect(rowFacts(quote(over), before)).not.toBe(before);
  });

  it('of nothing known are blank', () => {
    expect(rowFacts(null)).toMatchObject({ priced: false, side: '', noChange: true, noPercent: true, noVolume: true, noRange: true, source: '', quality: 'unknown' });
  });
});

describe('place between low and high', () => {
  it.each([[110, 0.5], [100, 0], [120, 1], [130, 1], [90, 0], [null, null]])('of %s is %s', (price, place) => expect(rangeOf(quote({ price }))).toBe(place));
  it('is not known where there is no range', () => expect(rangeOf(quote({ high24h: 100 }))).toBeNull());
});

describe('change in 24 hours', () => {
  it('is in the unit of the price, and not known without a beginning', () => {
    expect([changeOf(quote()), changeOf(quote({ open24h: null })), changeOf(null)]).toEqual([10, null, null]);
  });
});
