import type { Instrument } from '@/core/market/instrument';
import type { InputEvent, MarketInput } from '@/core/market/events';

/** Digits after the point that are not trailing zeros: `"61837.63000000"` has 2. */
export function usedDecimals(text: string): number {
  const point = text.indexOf('.');
  if (point < 0) return 0;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end -= 1;
  return Math.max(0, end - point - 1);
}

interface Found {
  instrument: Instrument;
  priceDecimals: number;
  sizeDecimals: number;
}

/**
 * Announces instruments that a recording contains and the registry does not. Without metadata, tick and lot size are the
 * decimals really used so far; when a finer price shows up the instrument is announced again.
 */
export class InstrumentDiscovery {
  private readonly found = new Map<string, Found>();

  constructor(
    private readonly venue: string,
    private readonly emit: (event: InputEvent) => void,
  ) {}

  /** Notes a symbol without metadata; it is announced with its first value. */
  add(base: string, quote: string): void {
    const symbol = `${base}/${quote}`;
    if (this.found.has(symbol)) return;
    const instrument: Instrument = { symbol, name: symbol, assetClass: 'crypto', base, quote, tickSize: 1, lotSize: 1, venues: [this.venue] };
    this.found.set(symbol, { instrument, priceDecimals: -1, sizeDecimals: -1 });
  }

  /** The venue's own facts of a symbol were found and announced: it needs no guess any more. */
  settle(symbol: string): void {
    this.found.delete(symbol);
  }

  /** Passes an event on, after the announcement it may need. */
  pass(event: MarketInput): void {
    const found = this.found.get(event.symbol);
    if (found) this.look(found, event);
    // A state before any content says nothing, and the symbol has not been announced.
    if (found && found.priceDecimals < 0 && event.type === 'bookState') return;
    this.emit(event);
  }

  private look(found: Found, event: MarketInput): void {
    const { prices, sizes } = textsOf(event);
    const priceDecimals = prices.reduce((max, text) => Math.max(max, usedDecimals(text)), found.priceDecimals);
    const sizeDecimals = sizes.reduce((max, text) => Math.max(max, usedDecimals(text)), found.sizeDecimals);
    if (priceDecimals === found.priceDecimals && sizeDecimals === found.sizeDecimals) return;
    Object.assign(found, { priceDecimals, sizeDecimals });
    const step = (decimals: number) => Number(`1e-${Math.max(0, decimals)}`);
    found.instrument = { ...found.instrument, tickSize: step(priceDecimals), lotSize: step(sizeDecimals) };
    this.emit({ type: 'instrument', venue: this.venue, instrument: found.instrument, receiveTime: event.receiveTime });
  }
}

function textsOf(event: MarketInput): { readonly prices: readonly string[]; readonly sizes: readonly string[] } {
  const given = (...texts: (string | null)[]) => texts.filter((t) => t !== null);
  switch (event.type) {
    case 'quote':
      return { prices: given(event.bid, event.ask), sizes: given(event.bidSize, event.askSize) };
    case 'trade':
      return { prices: [event.price], sizes: [event.size] };
    case 'ticker':
      return { prices: given(event.last, event.open24h, event.high24h, event.low24h), sizes: [] };
    case 'candle':
      return { prices: [event.open, event.high, event.low, event.close].map(String).filter((t) => !t.includes('e')), sizes: [] };
    case 'book':
      return { prices: [...event.bids, ...event.asks].map(([p]) => p), sizes: [...event.bids, ...event.asks].map(([, s]) => s) };
    case 'bookState':
      return { prices: [], sizes: [] };
  }
}
