import type { BookOutput } from '@/core/market/outputs';
import type { Clock } from '../observability/clock';

/** A crossing may be a moment between two messages of one change; what lasts longer is wrong, ms. */
const MOMENT_MS = 250;
/** A market may really stand crossed, as in an auction: each repair without success doubles the wait for the next one, ms. */
const AGAIN_MS = { first: 10_000, longest: 300_000 } as const;

interface Crossing {
  timer: NodeJS.Timeout | null;
  repairs: number;
  repairedAt: number;
}

export interface CrossedBooksOptions {
  readonly clock: Clock;
  /** Has the source load the book of a symbol anew. */
  readonly reload: (venue: string, symbol: string) => void;
  /** Other times than the usual ones, ms. */
  readonly momentMs?: number;
  readonly againMs?: number;
}

/**
 * A crossed book has its numbers in order, so no sequencer asks for a snapshot: something in it is wrong all the same. Whoever sees that it stays
 * crossed has it loaded anew.
 */
export class CrossedBooks {
  private readonly crossings = new Map<string, Crossing>();

  constructor(private readonly options: CrossedBooksOptions) {}

  /** Takes what the engine says of a live book. */
  note({ venue, symbol, kind, state }: Pick<BookOutput, 'venue' | 'symbol' | 'kind' | 'state'>): void {
    if (state !== 'crossed' && this.crossings.size === 0) return;
    const key = `${venue} ${symbol}`;
    const known = this.crossings.get(key);
    if (state !== 'crossed' || kind !== 'live') return known && this.end(key, known);
    if (known?.timer) return;
    const crossing = known ?? { timer: null, repairs: 0, repairedAt: -Infinity };
    this.crossings.set(key, crossing);
    this.arm(venue, symbol, crossing);
  }

  stop(): void {
    for (const { timer } of this.crossings.values()) if (timer) clearTimeout(timer);
    this.crossings.clear();
  }

  private arm(venue: string, symbol: string, crossing: Crossing): void {
    const { clock, reload, momentMs = MOMENT_MS, againMs = AGAIN_MS.first } = this.options;
    const pause = crossing.repairs === 0 ? 0 : Math.min(AGAIN_MS.longest, againMs * 2 ** (crossing.repairs - 1));
    const wait = Math.max(momentMs, crossing.repairedAt + pause - clock.monotonic());
    crossing.timer = setTimeout(() => {
      crossing.repairs += 1;
      crossing.repairedAt = clock.monotonic();
      crossing.timer = null;
      // Its state is no longer `crossed` from here on; when the snapshot is crossed too, that is told anew.
      reload(venue, symbol);
    }, wait).unref();
  }

  /** Not crossed any more. Repairs are remembered while the next one would have to wait. */
  private end(key: string, crossing: Crossing): void {
    if (crossing.timer) clearTimeout(crossing.timer);
    crossing.timer = null;
    if (this.options.clock.monotonic() - crossing.repairedAt > AGAIN_MS.longest) this.crossings.delete(key);
  }
}
