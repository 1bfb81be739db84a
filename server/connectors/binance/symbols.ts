import type { Instrument } from '@/core/market/instrument';
import { isRecord } from '../base/json';
import { listedInstrument, type Listed } from '../base/listings';
import { isPositive, type BinanceSymbol } from './raw';

/** Quote assets of Binance spot, longest first so that `BTCFDUSD` is not read as `BTCFD/USD`. */
const QUOTE_ASSETS = ['FDUSD', 'USDT', 'USDC', 'TUSD', 'BUSD', 'USDP', 'BIDR', 'AEUR', 'USD1', 'USD', 'EUR', 'GBP', 'TRY', 'BRL', 'AUD', 'JPY', 'UAH', 'RUB', 'PLN', 'RON', 'ARS', 'ZAR', 'MXN', 'CZK', 'COP', 'IDRT', 'NGN', 'DAI', 'PAX', 'VAI', 'BTC', 'ETH', 'BNB', 'TRX', 'XRP', 'DOGE', 'DOT', 'SOL']
  .sort((a, b) => b.length - a.length);

/** `BTC/USDT` -> `BTCUSDT`. */
export function toBinance(symbol: string): string {
  return symbol.replace('/', '');
}

/** `BTCUSDT` -> `BTC/USDT` by the known quote assets, when no exchangeInfo tells the two apart; null when none fits. */
export function splitBinance(venueSymbol: string): { readonly base: string; readonly quote: string } | null {
  const quote = QUOTE_ASSETS.find((q) => venueSymbol.endsWith(q) && venueSymbol.length > q.length);
  return quote ? { base: venueSymbol.slice(0, -quote.length), quote } : null;
}

/** Whether Binance may list it: crypto against an asset it quotes in. The answer of exchangeInfo is final. */
export function mayBeListed(instrument: Instrument): boolean {
  return instrument.assetClass === 'crypto' && QUOTE_ASSETS.includes(instrument.quote) && /^[A-Z0-9]{1,15}\/[A-Z0-9]{2,6}$/.test(instrument.symbol);
}

/** Reads `exchangeInfo`, skipping entries without readable filters; null when the body is not one. */
export function readExchangeInfo(body: unknown): ReadonlyMap<string, BinanceSymbol> | null {
  if (!isRecord(body) || !Array.isArray(body.symbols)) return null;
  const found = new Map<string, BinanceSymbol>();
  for (const entry of body.symbols as readonly unknown[]) {
    const symbol = readSymbol(entry);
    if (symbol) found.set(symbol.symbol, symbol);
  }
  return found;
}

function readSymbol(entry: unknown): BinanceSymbol | null {
  if (!isRecord(entry) || !Array.isArray(entry.filters)) return null;
  const { symbol, status, baseAsset, quoteAsset } = entry;
  if (typeof symbol !== 'string' || typeof status !== 'string' || typeof baseAsset !== 'string' || typeof quoteAsset !== 'string') return null;
  const filters = (entry.filters as readonly unknown[]).filter(isRecord);
  const tick = filters.find((f) => f.filterType === 'PRICE_FILTER')?.tickSize;
  const lot = filters.find((f) => f.filterType === 'LOT_SIZE')?.stepSize;
  if (!isPositive(tick) || !isPositive(lot)) return null;
  return { symbol, status, base: baseAsset, quote: quoteAsset, tickSize: Number(tick), lotSize: Number(lot) };
}

/** An entry of the list as the feed takes it: only `TRADING` trades. */
export function toListed(listed: BinanceSymbol, known: Instrument | null): Listed {
  return { instrument: listedInstrument(listed, known, 'binance'), idle: listed.status === 'TRADING' ? null : `halted (status ${listed.status.slice(0, 40)})` };
}
