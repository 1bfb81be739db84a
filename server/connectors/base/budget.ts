import type { Clock } from '../../observability/clock';

/** Calls or symbols a venue allows us in a time, and what is left of them. */
export interface BudgetStatus {
  /** What is counted, for people: "REST calls", "credits", "symbols". */
  readonly name: string;
  readonly per: 'second' | 'minute' | 'hour' | 'day' | 'month' | 'connection';
  readonly limit: number;
  readonly used: number;
  /** Time until it is whole again, ms; null where it does not refill by time. */
  readonly resetsInMs: number | null;
}

/** Long budgets (day, month) survive a restart here. Never throws; a store that cannot be written forgets at the end of the process. */
export interface BudgetLedger {
  /** What was used in the period that began at `periodStart` (wall ms); 0 for another or an unknown period. */
  used(id: string, periodStart: number): number;
  note(id: string, periodStart: number, used: number): void;
}

/** What a venue allows, or what we allow ourselves below it. */
export interface BudgetRule {
  /** What is counted, for people: "REST calls", "credits". */
  readonly name: string;
  readonly per: 'second' | 'minute' | 'hour' | 'day' | 'month';
  readonly limit: number;
}

const LENGTH_MS = { second: 1_000, minute: 60_000, hour: 3_600_000 } as const;
/** A sliding window is kept in this many parts; the spending of one part ends with its newest, so that a window never holds too much. */
const PARTS = 60;
const ADJECTIVE = { second: '', minute: '', hour: 'hourly ', day: 'daily ', month: 'monthly ' } as const;

/** One rule's count. Times come from the clock of the budget: short windows on the monotonic one, days and months on the wall. */
interface Count {
  readonly rule: BudgetRule;
  used(): number;
  add(weight: number): void;
  /** ms until `weight` fits; 0 when it does now. */
  waitMs(weight: number): number;
  /** ms until all of it is free again. */
  wholeInMs(): number;
}

/** Any stretch of the rule's length holds at most its limit. */
function sliding(rule: BudgetRule & { readonly per: keyof typeof LENGTH_MS }, clock: Clock): Count {
  const length = LENGTH_MS[rule.per];
  let spent: { readonly from: number; at: number; weight: number }[] = [];
  const now = (): number => {
    const at = clock.monotonic();
    if (spent.length > 0 && (spent[0]?.at ?? at) <= at - length) spent = spent.filter((s) => s.at > at - length);
    return at;
  };
  const used = (): number => (now(), spent.reduce((sum, s) => sum + s.weight, 0));
  return {
    rule, used,
    add(weight) {
      const at = now();
      const newest = spent.at(-1);
      if (newest && at - newest.from < length / PARTS) Object.assign(newest, { at, weight: newest.weight + weight });
      else spent.push({ from: at, at, weight });
    },
    waitMs(weight) {
      const at = now();
      let over = used() + weight - rule.limit;
      if (over <= 0) return 0;
      for (const s of spent) if ((over -= s.weight) <= 0) return Math.max(1, s.at + length - at);
      return length;
    },
    wholeInMs: () => Math.max(0, (spent.at(-1)?.at ?? -Infinity) + length - now()),
  };
}

/** Calendar days and months in UTC, as venues count them; kept in the ledger under `id`, so that a restart does not forget what was spent. */
function calendar(rule: BudgetRule & { readonly per: 'day' | 'month' }, clock: Clock, id: string, ledger: BudgetLedger): Count {
  const bounds = (): readonly [start: number, end: number] => {
    const at = new Date(clock.now());
    const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
    return rule.per === 'day' ? [Date.UTC(year, month, day), Date.UTC(year, month, day + 1)] : [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)];
  };
  const used = (): number => ledger.used(id, bounds()[0]);
  const endsInMs = (): number => Math.max(1, bounds()[1] - clock.now());
  return {
    rule, used, wholeInMs: endsInMs,
    add: (weight) => ledger.note(id, bounds()[0], used() + weight),
    waitMs: (weight) => (used() + weight <= rule.limit ? 0 : endsInMs()),
  };
}

/**
 * The budgets of one source: a call is taken from all of them or from none. What we count is a lower bound, because others may
 * share the address or the key; what the venue reports corrects it upwards.
 */
export class Budget {
  private readonly counts: readonly Count[];

  /** `id` names the source (and key) in the ledger. A rule of days or months without a ledger is refused: it would start anew with each process. */
  constructor(private readonly clock: Clock, rules: readonly BudgetRule[], store?: { readonly id: string; readonly ledger: BudgetLedger }) {
    this.counts = rules.map((rule) => {
      const { per } = rule;
      if (per !== 'day' && per !== 'month') return sliding({ ...rule, per }, clock);
      if (!store) throw new Error(`a budget per ${per} needs a ledger`);
      return calendar({ ...rule, per }, clock, `${store.id}:${rule.name}:${per}`, store.ledger);
    });
  }

  /** Takes `weight` and returns 0, or the ms until it fits without taking it; Infinity when it never does. */
  take(weight: number): number {
    const wait = this.waitMs(weight);
    if (wait === 0) for (const count of this.counts) count.add(weight);
    return wait;
  }

  /** ms until `weight` fits into every rule; 0 when it does now, Infinity when it is more than a rule allows at all. */
  waitMs(weight: number): number {
    let wait = 0;
    for (const count of this.counts) wait = Math.max(wait, weight > count.rule.limit ? Infinity : count.waitMs(weight));
    return wait;
  }

  /** The venue says how much of the present period is used; less than we counted ourselves changes nothing. */
  report(per: BudgetRule['per'], used: number): void {
    if (!Number.isFinite(used)) return;
    for (const count of this.counts) if (count.rule.per === per && used > count.used()) count.add(used - count.used());
  }

  /** The venue says that nothing is left of the present period, whatever we counted. */
  exhaust(per: BudgetRule['per']): void {
    for (const count of this.counts) if (count.rule.per === per) this.report(per, count.rule.limit);
  }

  status(): readonly BudgetStatus[] {
    return this.counts.map((count) => ({ ...count.rule, used: count.used(), resetsInMs: Math.ceil(count.wholeInMs()) }));
  }

  /** Why `weight` does not fit: "daily budget of 25 REST calls used; next call at 00:00 UTC"; null when it does. */
  words(weight: number): string | null {
    const waits = this.counts.map((count) => ({ rule: count.rule, wait: weight > count.rule.limit ? Infinity : count.waitMs(weight) }));
    const full = waits.reduce<(typeof waits)[number] | null>((most, one) => (one.wait > (most?.wait ?? 0) ? one : most), null);
    if (!full) return null;
    const { wait } = full;
    const { per, limit, name } = full.rule;
    const span = ADJECTIVE[per] === '' ? ` a ${per}` : '';
    return `${ADJECTIVE[per]}budget of ${limit} ${name}${span} used; ${Number.isFinite(wait) ? `next call ${timeWords(this.clock.now() + wait, this.clock.now())}` : 'the call would cost more'}`;
  }
}

const DAY_MS = 86_400_000;

/** A moment in words: "at 12:03:11 UTC" within the hour, else "at 14:15 UTC"; with its date when it is neither today nor the coming midnight. */
export function timeWords(at: number, now: number): string {
  const soon = at - now < 3_600_000;
  const step = soon ? 1_000 : 60_000;
  // To the nearest second first: the two clocks differ by a ms or so, and midnight must not be told as 00:01.
  const shown = Math.ceil(Math.round(at / 1_000) * 1_000 / step) * step;
  const text = new Date(shown).toISOString();
  const date = Math.floor((shown - 1) / DAY_MS) === Math.floor(now / DAY_MS) ? '' : `on ${text.slice(0, 10)} `;
  return `${date}at ${text.slice(11, soon ? 19 : 16)} UTC`;
}
