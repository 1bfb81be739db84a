import { MARKET_WIDE_KEY } from '@/core/contract';

/**
 * The symbols a subscription wants of one channel: all but some, or only some. Keys of the form `SYMBOL|...` count for their
 * symbol; the market-wide key always passes.
 */
export class SymbolFilter {
  private cachedId: string | null = null;

  private constructor(
    private all: boolean,
    private readonly named: Set<string>,
  ) {}

  static everything(): SymbolFilter {
    return new SymbolFilter(true, new Set());
  }
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

  /** Lets symbols in; returns those that were out. */
  add(symbols: readonly string[]): string[] {
    const added = symbols.filter((s) => !this.accepts(s));
    for (const s of added) if (this.all) this.named.delete(s);
    else this.named.add(s);
    this.cachedId = null;
    return added;
  }

  remove(symbols: readonly string[]): void {
    for (const s of symbols) if (this.all) this.named.add(s);
    else this.named.delete(s);
    this.cachedId = null;
  }

  /** Is this the filter that `symbols` (absent = all) describes? */
  equals(symbols: readonly string[] | undefined): boolean {
    return this.id === (symbols ? SymbolFilter.only(symbols) : SymbolFilter.everything()).id;
  }
}
