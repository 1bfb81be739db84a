import { TIMINGS, type MarketData } from '@/core/contract';
import type { ChannelChange, ChangeOf } from './types';

/** One symbol's price with its provenance, as `getPrice` gives it. */
export interface CachedPrice {
  readonly symbol: string;
  readonly data: MarketData;
  /** Age of the value now, ms; null when unknown. */
  readonly ageMs: number | null;
  /** Old, closed off, refused or cut off from the server: not to be acted on. */
  readonly stale: boolean;
}
export type PriceListener = (price: CachedPrice) => void;

/** Last value per symbol, and who wants to hear of which. */
export class PriceCache {
  private readonly values = new Map<string, { readonly data: MarketData; readonly at: number }>();
  private readonly listeners = new Map<string, Set<PriceListener>>();

  constructor(
    private readonly now: () => number,
    /** Values arrive at the moment. */
    private readonly flowing: () => boolean,
    private readonly onError: (error: unknown) => void,
  ) {}

  apply(change: ChannelChange): void {
    if (change.family !== 'market') return;
    this.store(change);
    for (const { key, value } of change.updates) if (value) this.tell(key);
  }

  get(symbol: string): CachedPrice | null {
    const known = this.values.get(symbol);
    if (!known) return null;
    const { data, at } = known;
    const ageMs = data.age_ms === null ? null : data.age_ms + Math.max(0, this.now() - at);
    // What comes by requests or late by nature has a limit of its own, which the server knows: its verdict counts.
    const limitMs = data.route === 'rest' || data.quality === 'delayed' ? Infinity : TIMINGS.staleMs;
    return { symbol, data, ageMs, stale: !this.flowing() || data.state !== 'ok' || ageMs === null || ageMs > limitMs };
  }

  subscribe(symbol: string, listener: PriceListener): () => void {
    let set = this.listeners.get(symbol);
    if (!set) this.listeners.set(symbol, (set = new Set()));
    const entry: PriceListener = (price) => listener(price);
    set.add(entry);
    const known = this.get(symbol);
    if (known) this.call(entry, known);
    return () => {
      set.delete(entry);
      if (set.size === 0 && this.listeners.get(symbol) === set) this.listeners.delete(symbol);
    };
  }

  private store(change: ChangeOf<'market'>): void {
    if (change.replace) this.values.clear();
    for (const { key, value } of change.updates) {
      if (value) this.values.set(key, { data: value, at: change.receivedAt });
      else this.values.delete(key);
    }
  }

  private tell(symbol: string): void {
    const set = this.listeners.get(symbol);
    const price = set && this.get(symbol);
    if (set && price) for (const listener of [...set]) this.call(listener, price);
  }

  private call(listener: PriceListener, price: CachedPrice): void {
    try {
      listener(price);
    } catch (error) {
      this.onError(error);
    }
  }
}
