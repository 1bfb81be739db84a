import type { Clock } from '../../observability/clock';

export interface RepairOptions {
  readonly clock: Clock;
  /** Shortest time between two requests for new snapshots, ms. */
  readonly paceMs: number;
  /** Asks for a channel of these products anew. */
  readonly ask: (channel: 'level2' | 'market_trades', productIds: readonly string[]) => void;
  /** Products whose trades are asked for after a hole. */
  readonly traded: () => readonly string[];
}

/** A new subscription brings a new snapshot: of the books, and after a hole of the latest trades. Requests keep a distance. */
export class CoinbaseRepairs {
  private readonly broken = new Set<string>();
  private holed = false;
  private last = -Infinity;

  constructor(private readonly options: RepairOptions) {}

  /** A new connection asks for everything anyway. */
  opened(): void {
    this.last = this.options.clock.monotonic();
  }

  clear(): void {
    this.broken.clear();
    this.holed = false;
  }

  /** These books are wrong; `hole`: frames are missing, so trades may be too. */
  need(productIds: readonly string[], hole: boolean): void {
    for (const productId of productIds) this.broken.add(productId);
    this.holed ||= hole;
    this.run();
  }

  /** A snapshot that was asked for and has not come is asked for again after five paces. */
  overdue(empty: () => readonly string[]): void {
    if (this.options.clock.monotonic() - this.last >= 5 * this.options.paceMs) for (const productId of empty()) this.broken.add(productId);
  }

  run(): void {
    const now = this.options.clock.monotonic();
    if ((this.broken.size === 0 && !this.holed) || now - this.last < this.options.paceMs) return;
    this.last = now;
    this.options.ask('level2', [...this.broken]);
    if (this.holed) this.options.ask('market_trades', this.options.traded());
    this.clear();
  }
}
