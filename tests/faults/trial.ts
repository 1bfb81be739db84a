import { seeded } from '../support/seeded';

/** How a row ended. `left out`: something it needs is not on this machine. */
export type Verdict = 'pass' | 'fail' | 'left out';

export interface Outcome {
  readonly id: string;
  readonly fault: string;
  readonly injection: string;
  readonly criterion: string;
  readonly seed: number;
  readonly seconds: number;
  readonly measured: readonly string[];
  readonly failures: readonly string[];
  readonly verdict: Verdict;
}

/**
 * How much of a row is run. `quick`: in `npm test`, less of everything, durations are told but not judged. `long`: where the matrix asks for minutes and hours,
 * for every night.
 */
export type Form = 'quick' | 'full' | 'long';

/** One row of the fault matrix. */
export interface FaultRow {
  readonly id: string;
  readonly fault: string;
  readonly injection: string;
  readonly criterion: string;
  /** Runs in `npm test` too, where only order and state are judged, never durations. */
  readonly quick: boolean;
  /** What is missing on this machine, in words; null = nothing. */
  readonly needs?: () => string | null;
  /** Longest time it may take, s; another one for its long form, where it has one. */
  readonly limitSeconds?: number;
  readonly longSeconds?: number;
  run(trial: Trial): Promise<void>;
}

/** One run of one row: what was found, what was wrong, and what must be cleaned up. */
export class Trial {
  readonly measured: string[] = [];
  readonly failures: string[] = [];
  readonly random: () => number;
  private readonly cleanups: (() => unknown)[] = [];

  constructor(
    readonly seed: number,
    private readonly form: Form,
  ) {
    this.random = seeded(seed);
  }

  get quick(): boolean {
    return this.form === 'quick';
  }
  get long(): boolean {
    return this.form === 'long';
  }

  note(words: string): void {
    this.measured.push(words);
  }

  /** A criterion of order or state. */
  holds(words: string, ok: boolean): void {
    this.measured.push(`${words}: ${ok ? 'yes' : 'NO'}`);
    if (!ok) this.failures.push(words);
  }

  /** A criterion with a limit. */
  within(words: string, value: number, limit: number, unit = 'ms'): void {
    this.note(`${words} ${round(value)} ${unit} (limit ${limit})`);
    if (!this.quick && !(value <= limit)) this.failures.push(`${words}: ${round(value)} ${unit} is over ${limit}`);
  }

  /** Runs at the end, the last first, whatever happened. */
  defer(work: () => unknown): void {
    this.cleanups.push(work);
  }

  async cleanUp(): Promise<void> {
    for (const work of this.cleanups.toReversed()) {
      try {
        await work();
      } catch (error) {
        this.failures.push(`clean-up: ${String(error)}`);
      }
    }
  }
}

const round = (value: number): number => (Math.abs(value) < 10 ? Math.round(value * 100) / 100 : Math.round(value));

/** Runs a row to its end, at the latest to its limit. */
export async function runRow(row: FaultRow, seed: number, form: Form): Promise<Outcome> {
  const { id, fault, injection, criterion } = row;
  const limitSeconds = (form === 'long' ? row.longSeconds : undefined) ?? row.limitSeconds ?? 60;
  const missing = row.needs?.() ?? null;
  const same = { id, fault, injection, criterion, seed };
  if (missing !== null) return { ...same, seconds: 0, measured: [`left out: needs ${missing}`], failures: [], verdict: 'left out' };
  const trial = new Trial(seed, form);
  patience = trial.quick ? 3 : 1;
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished within ${limitSeconds} s`)), limitSeconds * patience * 1_000);
  });
  try {
    await Promise.race([row.run(trial), late]);
  } catch (error) {
    trial.failures.push(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
    await trial.cleanUp();
  }
  const { measured, failures } = trial;
  return { ...same, seconds: (performance.now() - began) / 1_000, measured, failures, verdict: failures.length > 0 ? 'fail' : 'pass' };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** In the short form nothing is judged by time, so that a busy machine is given more of it. */
let patience = 1;

/** Milliseconds until the condition holds; throws after `limitMs`. */
export async function timeUntil(condition: () => boolean | Promise<boolean>, limitMs: number, words: string): Promise<number> {
  const began = performance.now();
  while (!(await condition())) {
    if (performance.now() - began > limitMs * patience) throw new Error(`not within ${limitMs} ms: ${words}`);
    await pause(5);
  }
  return performance.now() - began;
}

/** The value below which a share of the values lie; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
