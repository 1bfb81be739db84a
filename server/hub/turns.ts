import type { Clock } from '../observability/clock';

/**
 * Spreads work over turns of the event loop: what comes when the time of this turn is used up waits for the next ones, in its order. One call of its own is done at
 * once; a flood cannot hold up what else has to be done.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];
  private used = 0;
  private next: NodeJS.Immediate | null = null;

  /** @param turnMs time that this work may take of one turn. */
  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly turnMs: number,
  ) {}

  get length(): number {
    return this.waiting.length;
  }

  run(work: () => void): void {
    if (this.used < this.turnMs && this.waiting.length === 0) this.work(work);
    else this.waiting.push(work);
    this.next ??= setImmediate(() => this.turn());
  }

  private turn(): void {
    this.next = null;
    this.used = 0;
    while (this.used < this.turnMs) {
      const work = this.waiting.shift();
      if (!work) return;
      this.work(work);
    }
    this.next = setImmediate(() => this.turn());
  }

  private work(work: () => void): void {
    const from = this.clock.monotonic();
    work();
    this.used += this.clock.monotonic() - from;
  }
}
