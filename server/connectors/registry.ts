import { ASSET_CLASSES } from '@/core/market/instrument';
import { err, ok, type Result } from '@/core/util/result';
import type { Capability } from './base/connector';
import type { VenueEntry } from './base/frames';
import { alphaVantageVenue } from './alphavantage';
import { binanceVenue } from './binance';
import { coinbaseVenue } from './coinbase';
import { coinGeckoVenue } from './coingecko';
import { exchangeRateVenue } from './exchangerate';
import { finnhubVenue } from './finnhub';
import { frankfurterVenue } from './frankfurter';
import { krakenVenue } from './kraken';
import { okxVenue } from './okx';
import { twelveDataVenue } from './twelvedata';

const CAPABILITIES: ReadonlySet<Capability> = new Set(['quotes', 'trades', 'tickers', 'candles', 'books', 'backfill']);

/** Every venue the product knows, the preferred first. */
export const VENUES: readonly VenueEntry[] = [
  binanceVenue, okxVenue, coinbaseVenue, krakenVenue, finnhubVenue, twelveDataVenue,
  coinGeckoVenue, alphaVantageVenue, exchangeRateVenue, frankfurterVenue,
];

/** Looks over the registry at start: a duplicate id, an unknown capability or class stops it with a clear message. */
export function checkRegistry(entries: readonly VenueEntry[]): Result<readonly VenueEntry[], string> {
  const ids = new Set<string>();
  for (const { descriptor } of entries) {
    const { id, capabilities, assetClasses } = descriptor;
    if (!/^[a-z][a-z0-9]*$/.test(id)) return err(`venue id "${id}" is not lower-case letters and digits`);
    if (ids.has(id)) return err(`venue id "${id}" is registered twice`);
    ids.add(id);
    const unknown = [...capabilities.filter((c) => !CAPABILITIES.has(c)), ...assetClasses.filter((c) => !ASSET_CLASSES.includes(c))];
    if (unknown.length > 0) return err(`venue "${id}" names the unknown ${unknown.join(', ')}`);
  }
  return ok([...entries].sort((a, b) => a.descriptor.priority - b.descriptor.priority));
}
