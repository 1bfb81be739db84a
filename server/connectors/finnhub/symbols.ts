import { canonicalSymbol } from '@/core/market/instruments';
import type { Instrument } from '@/core/market/instrument';

/** Symbols of one free key on the socket, as measured on 2026-07-28: those beyond stay silent. */
export const SOCKET_SYMBOLS = 50;
/** Smallest price step of US shares: a cent, and a hundredth of one below a dollar (Regulation NMS, rule 612). */
const CENT = 0.01;
const BELOW_A_DOLLAR = 0.0001;

/** Finnhub's name of an instrument: `AAPL`, `OANDA:EUR_USD`, and with `crypto` `BINANCE:BTCUSDT`; null when it is not served. */
export function toFinnhub(instrument: Instrument, crypto: boolean): string | null {
  const { assetClass, symbol, base, quote } = instrument;
  if (assetClass === 'equity') return quote === 'USD' && /^[A-Z][A-Z0-9.-]{0,9}$/.test(symbol) ? symbol : null;
  if (!/^[A-Z0-9]{1,15}$/.test(base) || !/^[A-Z0-9]{2,10}$/.test(quote)) return null;
  if (assetClass === 'fx' || assetClass === 'metal') return `OANDA:${base}_${quote}`;
  return assetClass === 'crypto' && crypto ? `BINANCE:${base}${quote}` : null;
}

/** Canonical symbol of a name; null when it is of neither form. */
export function canonicalOf(venueSymbol: string): string | null {
  const [house, pair] = venueSymbol.split(':');
  if (pair === undefined) return house ?? null;
  return house === 'OANDA' || house === 'BINANCE' ? canonicalSymbol(pair) : null;
}

/** Does this name look like one of Finnhub's? */
export function looksFinnhub(venueSymbol: unknown): boolean {
  return typeof venueSymbol === 'string' && /^([A-Z]{2,20}:)?[A-Z0-9._-]{1,20}$/.test(venueSymbol);
}

/** The price step of a share at this price; null when it is the one known. */
export function shareTick(instrument: Instrument, price: number): number | null {
  const tick = price < 1 ? BELOW_A_DOLLAR : CENT;
  return instrument.assetClass === 'equity' && price > 0 && tick !== instrument.tickSize ? tick : null;
}
