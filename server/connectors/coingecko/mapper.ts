import type { Instrument } from '@/core/market/instrument';
import { parsePositive, plainDecimal } from '@/core/util/decimal';
import type { MarketOverview } from '../base/connector';
import { isRecord } from '../base/json';
import { delayedTicker, type Polled } from '../base/restVenue';
import type { CoinGeckoPrice } from './raw';
import { coinId } from './symbols';

/** Its data move about once a minute; asking more often yields nothing. */
export const FRESH_MS = 60_000;
const MAX_COINS = 50;

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** One coin in one currency; null when the answer has no usable price of it. */
function readPrice(body: Readonly<Record<string, unknown>>, id: string, quote: string): CoinGeckoPrice | null {
  const coin = body[id];
  if (!isRecord(coin)) return null;
  const currency = quote.toLowerCase();
  const price = coin[currency];
  if (typeof price !== 'number' || parsePositive(price) === undefined) return null;
  return { price, changePercent: finite(coin[`${currency}_24h_change`]), updated: finite(coin.last_updated_at) };
}

/** Events of the prices an answer has. A price is never taken from another currency. null = not an answer of this kind. */
export function mapPrices(body: unknown, instruments: readonly Instrument[], receivedAt: number): Polled | null {
  if (!isRecord(body)) return null;
  const missing = new Map<string, string>();
  const events = instruments.flatMap(({ symbol, base, quote }) => {
    const found = readPrice(body, coinId(base) ?? '', quote);
    if (found) return [delayedTicker('coingecko', symbol, plainDecimal(found.price), found.updated === null ? null : found.updated * 1_000, receivedAt, { open24h: openOf(found) })];
    // null today may be a number in a minute; a coin or currency that is absent will not come.
    if (!isRecord(body[coinId(base) ?? '']) || !(quote.toLowerCase() in (body[coinId(base) ?? ''] as object))) missing.set(symbol, 'CoinGecko gives no price of it');
    return [];
  });
  return { events, missing, freshForMs: () => FRESH_MS };
}

/** The price 24 h ago, from the change in percent; the source gives no open. */
function openOf({ price, changePercent }: CoinGeckoPrice): string | null {
  const open = changePercent === null ? Number.NaN : price / (1 + changePercent / 100);
  return Number.isFinite(open) && open > 0 ? plainDecimal(Number(open.toPrecision(8))) : null;
}

export function mapGlobal(body: unknown, receivedAt: number): MarketOverview['global'] {
  const data = isRecord(body) ? body.data : null;
  if (!isRecord(data)) return null;
  const usd = (field: unknown): number | null => (isRecord(field) ? finite(field.usd) : null);
  const shares = isRecord(data.market_cap_percentage) ? Object.entries(data.market_cap_percentage) : [];
  const updated = finite(data.updated_at);
  return {
    coins: finite(data.active_cryptocurrencies), markets: finite(data.markets), marketCapUsd: usd(data.total_market_cap), volumeUsd: usd(data.total_volume),
    changePercent: finite(data.market_cap_change_percentage_24h_usd), venueTime: updated === null ? null : updated * 1_000, receiveTime: receivedAt,
    dominance: Object.fromEntries(shares.flatMap(([coin, share]) => (finite(share) === null ? [] : [[coin.toUpperCase().slice(0, 16), finite(share) ?? 0]])).slice(0, MAX_COINS)),
  };
}

export function mapTrending(body: unknown, receivedAt: number): MarketOverview['trending'] {
  if (!isRecord(body) || !Array.isArray(body.coins)) return null;
  const coins = (body.coins as readonly unknown[]).slice(0, MAX_COINS).flatMap((entry) => {
    const item = isRecord(entry) && isRecord(entry.item) ? entry.item : null;
    if (!item || typeof item.id !== 'string' || typeof item.name !== 'string' || typeof item.symbol !== 'string') return [];
    const data = isRecord(item.data) ? item.data : {};
    const change = isRecord(data.price_change_percentage_24h) ? finite(data.price_change_percentage_24h.usd) : null;
    return [{ id: item.id.slice(0, 64), name: item.name.slice(0, 64), symbol: item.symbol.slice(0, 16).toUpperCase(), rank: finite(item.market_cap_rank), priceUsd: finite(data.price), changePercent: change }];
  });
  return { coins, receiveTime: receivedAt };
}
