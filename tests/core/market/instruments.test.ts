import { describe, expect, it } from 'vitest';
import { SYMBOL_PATTERN } from '@/core/contract';
import { BUILT_IN_INSTRUMENTS, canonicalSymbol, selectInstruments } from '@/core/market/instruments';

it('the built-in list is consistent', () => {
  expect(new Set(BUILT_IN_INSTRUMENTS.map((i) => i.symbol)).size).toBe(BUILT_IN_INSTRUMENTS.length);
  for (const { symbol, base, quote, tickSize, lotSize } of BUILT_IN_INSTRUMENTS) {
    expect(symbol).toMatch(SYMBOL_PATTERN);
    expect([base, `${base}/${quote}`]).toContain(symbol);
    expect(Math.min(tickSize, lotSize)).toBeGreaterThan(0);
  }
});

describe('selectInstruments', () => {
  it.each([
    ['BTC/USDT', 'BTC/USDT'], ['BTCUSDT', 'BTC/USDT'], ['btc-usdt', 'BTC/USDT'], ['XBT/USD', 'BTC/USD'], ['EURUSD', 'EUR/USD'],
    ['aapl', 'AAPL'], ['BNBUSD', 'BNB/USD'], ['PEPEFDUSD', 'PEPE/FDUSD'], ['XAU-USD', 'XAU/USD'],
    ['NOPE', null], ['', null], ['USD/USD', null], ['A/B/C', null], ['<b>/USD', null],
  ])('%s is %s', (text, symbol) => expect(canonicalSymbol(text)).toBe(symbol));

  it('keeps the order, drops doubles, describes unknown pairs', () => {
    const result = selectInstruments(['ETHUSDT', 'ETH/USDT', 'NOK/SEK', 'PEPE/USDT']);
    expect(result.ok && result.value.map((i) => [i.symbol, i.assetClass])).toEqual([['ETH/USDT', 'crypto'], ['NOK/SEK', 'fx'], ['PEPE/USDT', 'crypto']]);
  });

  it('names everything it does not know', () => {
    expect(selectInstruments(['BTC/USDT', 'NOPE', '??'])).toEqual({ ok: false, error: ['NOPE', '??'] });
  });
});
