import { BUILT_IN_INSTRUMENTS, defaultInstrument } from '@/core/market/instruments';
import type { Instrument } from '@/core/market/instrument';
import type { InputEvent, MarketInput } from '@/core/market/events';

/** Bound against a hostile recording full of invented symbols. */
const MAX_SYMBOLS = 10_000;

/**
 * Instruments that a recording of a price feed contains: announced before their first value with the built-in facts, or for want of
 * those with the facts of their class (a plain ticker of these feeds is a US share).
 */
export class InstrumentAnnouncer {
  private readonly found = new Map<string, Instrument>();
  private readonly announced: Set<string>;

  constructor(private readonly venue: string, known: readonly Instrument[], private readonly emit: (event: InputEvent) => void) {
    for (const instrument of known) this.found.set(instrument.symbol, instrument);
    this.announced = new Set(this.found.keys());
  }

  /** The instrument of a canonical symbol; null when it is none. */
  instrument(symbol: string): Instrument | null {
    const known = this.found.get(symbol);
    if (known) return known;
    if (this.found.size >= MAX_SYMBOLS || !/^([A-Z]{1,5}|[A-Z0-9]{1,15}\/[A-Z0-9]{2,10})$/.test(symbol)) return null;
    const facts = BUILT_IN_INSTRUMENTS.find((i) => i.symbol === symbol) ?? (symbol.includes('/') ? defaultInstrument(symbol) : shareOf(symbol));
    const instrument = { ...facts, venues: [...new Set([...facts.venues, this.venue])] };
    this.found.set(symbol, instrument);
    return instrument;
  }

  /** Passes an event on, after the announcement it may need. */
  pass(event: MarketInput): void {
    const instrument = this.announced.has(event.symbol) ? null : this.instrument(event.symbol);
    if (instrument) {
      this.announced.add(event.symbol);
      this.emit({ type: 'instrument', venue: this.venue, instrument, receiveTime: event.receiveTime });
    }
    this.emit(event);
  }
}

function shareOf(symbol: string): Instrument {
  return { symbol, name: symbol, assetClass: 'equity', base: symbol, quote: 'USD', tickSize: 0.01, lotSize: 1, venues: [] };
}
