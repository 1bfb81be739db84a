/** Time until what followed the first of a kind is told, ms; it doubles while the flood goes on. */
const FIRST_MS = 2_000;
const LONGEST_MS = 300_000;
const MOST_KINDS = 10_000;

interface Flood {
  times: number;
  tell: (times: number) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Tells the first of a kind at once and then, from time to time, how many more there were: whoever floods the server does not flood its log, and the numbers
 * told add up to what happened. Its memory is bounded: with too many kinds at once the oldest is told early.
 */
export class Floods {
  private readonly kinds = new Map<string, Flood>();

  /** One more of a kind. `tell` is called with how many it stands for, now or later; the newest one given counts. */
  note(kind: string, tell: (times: number) => void): void {
    const flood = this.kinds.get(kind);
    if (flood) {
      flood.times += 1;
      flood.tell = tell;
      return;
    }
    const [oldest] = this.kinds.keys();
    if (this.kinds.size >= MOST_KINDS && oldest !== undefined) this.end(oldest);
    tell(1);
    this.wait(kind, tell, FIRST_MS);
  }

  /** Tells what is left. */
  stop(): void {
    for (const kind of [...this.kinds.keys()]) this.end(kind);
  }

  private wait(kind: string, tell: Flood['tell'], waitMs: number): void {
    const timer = setTimeout(() => {
      if (this.end(kind)) this.wait(kind, tell, Math.min(LONGEST_MS, 2 * waitMs));
    }, waitMs).unref();
    this.kinds.set(kind, { times: 0, tell, timer });
  }

  /** Tells what followed; false when nothing did. */
  private end(kind: string): boolean {
    const flood = this.kinds.get(kind);
    this.kinds.delete(kind);
    if (!flood) return false;
    clearTimeout(flood.timer);
    if (flood.times > 0) flood.tell(flood.times);
    return flood.times > 0;
  }
}
