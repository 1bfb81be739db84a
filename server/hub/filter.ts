import { MARKET_WIDE_KEY } from '@/core/contract';

/**
 * The symbols a subscription wants of one channel: all but some, or only some. Keys of the form `SYMBOL|...` count for their
 * symbol; the market-wide key always passes. It never changes, so that all who read everything share one.
 */
export class SymbolFilter {
  private cachedId: string | null = null;

  private constructor(
    private readonly all: boolean,
    private readonly named: ReadonlySet<string>,
  ) {}

  static readonly everything = new SymbolFilter(true, new Set());

  static only(symbols: Iterable<string>): SymbolFilter {
    return new SymbolFilter(false, new Set(symbols));
  }

  readonly accepts = (key: string): boolean => {
    if (key === MARKET_WIDE_KEY) return true;
    const bar = key.indexOf('|');
    return this.all !== this.named.has(bar < 0 ? key : key.slice(0, bar));
  };

  /** The symbols it lets through, when it names these and not those it keeps out. */
  get only(): ReadonlySet<string> | null {
    return this.all ? null : this.named;
  }

  /** Equal texts = equal filters; part of the key under which frames are shared. */
  get id(): string {
    this.cachedId ??= (this.all ? '-' : '+') + [...this.named].sort().join(' ');
    return this.cachedId;
  }

  /** Number of symbols it names, the cost it is charged for. */
  get size(): number {
    return this.named.size;
  }
  get passesAll(): boolean {
    return this.all && this.named.size === 0;
  }
  get passesNothing(): boolean {
    return !this.all && this.named.size === 0;
  }

  /** Those of `symbols` that it keeps out. */
  missing(symbols: readonly string[]): string[] {
    return symbols.filter((s) => !this.accepts(s));
  }

  with(symbols: readonly string[]): SymbolFilter {
    return this.all ? this.naming(symbols, []) : this.naming([], symbols);
  }

  without(symbols: readonly string[]): SymbolFilter {
    return this.all ? this.naming([], symbols) : this.naming(symbols, []);
  }

  private naming(less: readonly string[], more: readonly string[]): SymbolFilter {
    const named = new Set(this.named);
    for (const symbol of less) named.delete(symbol);
    for (const symbol of more) named.add(symbol);
    return new SymbolFilter(this.all, named);
  }

  /** Is this the filter that `symbols` (absent = all) describes? */
  equals(symbols: readonly string[] | undefined): boolean {
    return this.id === (symbols ? SymbolFilter.only(symbols) : SymbolFilter.everything).id;
  }
}
