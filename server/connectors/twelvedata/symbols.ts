import type { Instrument } from '@/core/market/instrument';

/** Twelve Data's name of an instrument, which is the canonical one: `AAPL`, `EUR/USD`, `XAU/USD`, and with `crypto` `BTC/USD`; null when it is not served. */
export function toTwelveData(instrument: Instrument, crypto: boolean): string | null {
  const { assetClass, symbol, quote } = instrument;
  if (assetClass === 'equity') return quote === 'USD' && /^[A-Z][A-Z0-9.-]{0,9}$/.test(symbol) ? symbol : null;
  const served = assetClass === 'fx' || assetClass === 'metal' || (assetClass === 'crypto' && crypto);
  return served && /^[A-Z0-9]{1,15}\/[A-Z0-9]{2,10}$/.test(symbol) ? symbol : null;
}
