import { describe, expect, it } from 'vitest';
import { takerFee } from '@/core/market/fees';

const pair = (base: string, quote: string, assetClass: 'crypto' | 'equity' = 'crypto') => ({ base, quote, assetClass });
const none = new Map<string, number>();

describe('taker fees', () => {
  it('names source and day of every figure', () => {
    for (const venue of ['okx', 'kraken']) {
      const fee = takerFee(venue, pair('BTC', 'USDT'), none);
      expect(fee?.source).toMatch(/^https:\/\//);
      expect(fee?.as_of).toMatch(/^20\d\d-\d\d-\d\d$/);
      expect(fee?.taker).toBeGreaterThan(0);
      expect(fee?.taker).toBeLessThan(0.02);
    }
  });

  it('does not guess: unknown venues, other schedules and shares have no fee', () => {
    expect(takerFee('binance', pair('BTC', 'USDT'), none)).toBeNull();
    expect(takerFee('coinbase', pair('BTC', 'USD'), none)).toBeNull();
    expect(takerFee('okx', pair('BTC', 'USDC'), none)).toBeNull();
    expect(takerFee('kraken', pair('USDT', 'USD'), none)).toBeNull();
    expect(takerFee('kraken', pair('AAPL', 'USD', 'equity'), none)).toBeNull();
    expect(takerFee('toString', pair('BTC', 'USDT'), none)).toBeNull();
  });

  it('lets the operator decide, also for free trading', () => {
    const set = new Map([['binance', 0.00075], ['kraken', 0]]);
    expect(takerFee('binance', pair('BTC', 'USDT'), set)).toEqual({ taker: 0.00075, source: 'TICKGLASS_TAKER_FEES', as_of: '' });
    expect(takerFee('kraken', pair('USDT', 'USD'), set)?.taker).toBe(0);
  });
});
