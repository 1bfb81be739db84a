import type { Instrument } from '@/core/market/instrument';
import { isRecord } from '../base/json';
import { listedInstrument, type Listed } from '../base/listings';
import type { KrakenPair } from './raw';

/** Kraken's old names of assets that everyone else, and its own v2 protocol, calls otherwise. */
const OLD_NAMES: ReadonlyMap<string, string> = new Map([['XBT', 'BTC'], ['XDG', 'DOGE']]);
const REST_NAMES: ReadonlyMap<string, string> = new Map([...OLD_NAMES].map(([old, name]) => [name, old]));
/** Staked assets (`ETH2.S`) and tokenised shares (`AAPLx`) have no canonical name: they are no currencies and no shares. */
const PAIR = /^([A-Z0-9]{1,15})\/([A-Z0-9]{2,10})$/;

/** A name of v1 or of REST's `wsname` in v2 spelling, which is the canonical one: `XBT/USD` -> `BTC/USD`. */
export function fromOldName(wsname: string): string {
  return wsname.split('/').map((asset) => OLD_NAMES.get(asset) ?? asset).join('/');
}

/** REST's name of a pair: `BTC/USDT` -> `XBTUSDT`. */
export function toRestName(symbol: string): string {
  return symbol.split('/').map((asset) => REST_NAMES.get(asset) ?? asset).join('');
}

/** `BTC/USD` -> its parts; null when it is not a pair. */
export function splitKraken(symbol: string): { readonly base: string; readonly quote: string } | null {
  const [, base, quote] = PAIR.exec(symbol) ?? [];
  return base && quote ? { base, quote } : null;
}

/** Whether Kraken may list it: its answer to the subscription is final. Its currency pairs trade around the clock, so they are no foreign exchange. */
export function mayBeListed(instrument: Instrument): boolean {
  return instrument.assetClass === 'crypto' && /^[A-Z0-9]{1,15}\/[A-Z0-9]{2,6}$/.test(instrument.symbol);
}

/** `data` of the `instrument` channel; entries that cannot be read are skipped. */
export function readPairs(data: unknown): readonly KrakenPair[] {
  const pairs = isRecord(data) && Array.isArray(data.pairs) ? (data.pairs as readonly unknown[]) : [];
  return pairs.flatMap((entry) => {
    if (!isRecord(entry)) return [];
    const { symbol, status, price_increment: tick, qty_increment: lot } = entry;
    return pairOf(symbol, status, step(tick), step(lot));
  });
}

/** Body of REST `AssetPairs`, by v2 name; old answers have digits instead of a tick size. */
export function readAssetPairs(body: unknown): readonly KrakenPair[] {
  const result = isRecord(body) && isRecord(body.result) ? Object.values(body.result) : [];
  return result.flatMap((entry) => {
    if (!isRecord(entry) || typeof entry.wsname !== 'string') return [];
    const tick = step(entry.tick_size) ?? digits(entry.pair_decimals);
    return pairOf(fromOldName(entry.wsname), entry.status ?? 'online', tick, digits(entry.lot_decimals));
  });
}

function pairOf(symbol: unknown, status: unknown, tickSize: number | null, lotSize: number | null): readonly KrakenPair[] {
  const parts = typeof symbol === 'string' ? splitKraken(symbol) : null;
  if (typeof symbol !== 'string' || !parts || typeof status !== 'string' || tickSize === null || lotSize === null) return [];
  return [{ symbol, ...parts, status, tickSize, lotSize }];
}

function step(value: unknown): number | null {
  const number = typeof value === 'string' && /^[\d.eE-]{1,24}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && number > 0 && number < 1e12 ? number : null;
}

function digits(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 20 ? Number(`1e-${value}`) : null;
}

/** States in which a pair has no market; in the others (`cancel_only`, `post_only`, ...) its prices still count. */
const IDLE: Readonly<Record<string, string>> = { delisted: 'delisted', disabled: 'halted (status disabled)', work_in_progress: 'not yet open' };

/** An entry of the list as the feed takes it. */
export function toListed(pair: KrakenPair, known: Instrument | null): Listed {
  return { instrument: listedInstrument(pair, known, 'kraken'), idle: IDLE[pair.status] ?? null };
}
