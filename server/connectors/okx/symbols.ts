import type { Instrument } from '@/core/market/instrument';
import { isRecord } from '../base/json';
import { listedInstrument, type Listed } from '../base/listings';
import { isPositive, type OkxInstrument } from './raw';

/** A spot pair. Derivatives (`BTC-USDT-SWAP`, `BTC-USD-220527`) have more parts and count in contracts. */
const SPOT = /^([A-Z0-9]{1,15})-([A-Z0-9]{1,10})$/;

/** `BTC/USDT` -> `BTC-USDT`. */
export function toOkx(symbol: string): string {
  return symbol.replace('/', '-');
}

/** `BTC-USDT` -> base and quote; null for anything that is no spot pair. */
export function splitOkx(instId: string): { readonly base: string; readonly quote: string } | null {
  const [, base, quote] = SPOT.exec(instId) ?? [];
  return base !== undefined && quote !== undefined ? { base, quote } : null;
}

/** Whether OKX may list it; the answer of `/public/instruments` is final. */
export function mayBeListed(instrument: Instrument): boolean {
  return instrument.assetClass === 'crypto' && splitOkx(toOkx(instrument.symbol)) !== null;
}

/** Reads the body of `/public/instruments?instType=SPOT`, skipping entries it cannot read; null when it is not one. */
export function readInstruments(body: unknown): ReadonlyMap<string, OkxInstrument> | null {
  if (!isRecord(body) || !Array.isArray(body.data)) return null;
  const found = new Map<string, OkxInstrument>();
  for (const entry of body.data as readonly unknown[]) {
    if (!isRecord(entry) || typeof entry.instId !== 'string' || typeof entry.state !== 'string') continue;
    const split = splitOkx(entry.instId);
    if (!split || !isPositive(entry.tickSz) || !isPositive(entry.lotSz)) continue;
    found.set(entry.instId, { instId: entry.instId, ...split, state: entry.state, tickSize: Number(entry.tickSz), lotSize: Number(entry.lotSz) });
  }
  return found;
}

/** An entry of the list as the feed takes it: only `live` trades. */
export function toListed(listed: OkxInstrument, known: Instrument | null): Listed {
  const idle = listed.state === 'live' ? null : listed.state === 'preopen' ? 'not yet open' : `halted (state ${listed.state.slice(0, 40)})`;
  return { instrument: listedInstrument(listed, known, 'okx'), idle };
}
