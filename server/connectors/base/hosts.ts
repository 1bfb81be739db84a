import type { Clock } from '../../observability/clock';
import { Budget, type BudgetLedger, type BudgetRule } from './budget';

/** The manners of one host: one request at a time, a distance between two, and nothing before a date it gave us. */
export class HostGate {
  private tail: Promise<void> = Promise.resolve();
  private nextAt = -Infinity;
  private limitedUntil = -Infinity;

  constructor(private readonly clock: Clock) {}

  /** ms for which the host asked us to be quiet (429, 418); 0 when it did not. */
  quietMs(): number {
    return Math.max(0, this.limitedUntil - this.clock.monotonic());
  }

  quietFor(ms: number): void {
    this.limitedUntil = Math.max(this.limitedUntil, this.clock.monotonic() + ms);
  }

  /**
   * Runs `call` when its turn comes, at least `spacingMs` after the start of the one before; in the order asked. `null` when
   * `signal` ended the wait. The turn ends with the call, so a call must end: VenueHttp bounds it in time.
   */
  async run<T>(spacingMs: number, signal: AbortSignal, call: () => Promise<T>): Promise<T | null> {
    let leave: () => void = () => undefined;
    const before = this.tail;
    this.tail = new Promise((resolve) => (leave = resolve));
    try {
      await before;
      await this.pause(this.nextAt - this.clock.monotonic(), signal);
      if (signal.aborted) return null;
      this.nextAt = this.clock.monotonic() + spacingMs;
      return await call();
    } finally {
      leave();
    }
  }

  private pause(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms).unref();
      signal.addEventListener('abort', done);
    });
  }
}

/**
 * Politeness of the whole process towards hosts: pollers, backfills and listings of one host share one gate, and a source's
 * budgets outlive its stops and starts.
 */
export class Hosts {
  private readonly gates = new Map<string, HostGate>();
  private readonly budgets = new Map<string, Budget>();

  constructor(private readonly clock: Clock, private readonly ledger: BudgetLedger) {}

  /** The gate of a URL's host and port. Hosts come from configuration and code, so there are few. */
  gate(url: string): HostGate {
    const { host } = new URL(url);
    const known = this.gates.get(host) ?? new HostGate(this.clock);
    this.gates.set(host, known);
    return known;
  }

  /** The budget of a source, made once; `id` names it in the ledger as well. */
  budget(id: string, rules: readonly BudgetRule[]): Budget {
    const known = this.budgets.get(id) ?? new Budget(this.clock, rules, { id, ledger: this.ledger });
    this.budgets.set(id, known);
    return known;
  }
}
