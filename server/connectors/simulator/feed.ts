import type { FeedStateName } from '@/core/contract';
import type { CandleEvent, InputEvent } from '@/core/market/events';
import type { SimEvent, Simulator } from '@/core/simulator';
import type { Clock, FeedClock } from '../../observability/clock';

/** Longest time between two slices of events, real ms. */
const SLICE_MAX_MS = 100;
const SLICE_MIN_MS = 10;
/** After a pause of the process longer than this, real ms, the market jumps on instead of replaying what nobody saw. */
const CATCH_UP_MS = 5_000;

/**
 * Simulated time: starts at `origin` (ms) and runs `speed` times as fast as real time by the monotonic clock, whatever the wall
 * clock does. Stands still while stopped.
 */
export class SimulatorClock implements FeedClock {
  #base: number;
  #since: number | null = null;

  constructor(readonly speed: number, origin: number, private readonly clock: Clock) {
    this.#base = origin;
  }

  now(): number {
    return this.#since === null ? this.#base : this.#base + (this.clock.monotonic() - this.#since) * this.speed;
  }

  /** Starts, or goes on, at this time. */
  run(from: number): void {
    this.#base = from;
    this.#since = this.clock.monotonic();
  }

  halt(): void {
    this.#base = this.now();
    this.#since = null;
  }
}

export interface FeedOptions {
  readonly simulator: Simulator;
  readonly feedClock: SimulatorClock;
  readonly clock: Clock;
  readonly emit: (event: InputEvent) => void;
  readonly onState: (state: FeedStateName, reason: string) => void;
}

/** Hands out the simulator's events when their simulated time has come, in slices of a timer. */
export class SimulatorFeed {
  readonly #options: FeedOptions;
  #timer: NodeJS.Timeout | null = null;
  #queue: readonly SimEvent[] = [];
  #next = 0;
  #lastSlice = 0;
  #emitted = 0;
  #lastEmitAt: number | null = null;
  #until = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#until = options.feedClock.now();
  }

  /** Feed time up to which everything is out: the receive time of whatever else is emitted now, so that times never decrease. */
  get until(): number {
    return this.#until;
  }

  /** Events handed out so far. */
  get emitted(): number {
    return this.#emitted;
  }

  /** Monotonic time of the newest slice that had events, ms; null before the first. */
  get lastEmitAt(): number | null {
    return this.#lastEmitAt;
  }

  get running(): boolean {
    return this.#timer !== null;
  }

  start(): void {
    if (this.#timer) return;
    const { feedClock, clock } = this.#options;
    feedClock.run(feedClock.now());
    this.#lastSlice = clock.monotonic();
    // Faster markets get shorter slices, so that a slice stays near a tenth of a simulated second where the timer allows it.
    const every = Math.max(SLICE_MIN_MS, Math.min(SLICE_MAX_MS, SLICE_MAX_MS / feedClock.speed));
    this.#timer = setInterval(() => this.slice(), every);
    this.slice();
  }

  stop(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#options.feedClock.halt();
  }

  /** Emits what is due. */
  slice(): void {
    const { feedClock, clock, emit } = this.#options;
    const real = clock.monotonic();
    const pause = real - this.#lastSlice;
    this.#lastSlice = real;
    if (pause > CATCH_UP_MS) this.#jump(pause);
    const now = feedClock.now();
    this.#until = now;
    let event: SimEvent | null;
    let any = false;
    while ((event = this.#due(now)) !== null) {
      emit(event);
      this.#emitted++;
      any = true;
    }
    if (any) this.#lastEmitAt = real;
  }

  #due(now: number): SimEvent | null {
    const { simulator } = this.#options;
    while (this.#next >= this.#queue.length) {
      if (simulator.now > now) return null;
      this.#queue = simulator.step();
      this.#next = 0;
    }
    const event = this.#queue[this.#next];
    if (!event || event.receiveTime > now) return null;
    this.#next++;
    return event;
  }

  /** The machine slept: the rest of the present second is dropped, prices go on from where they were. */
  #jump(pauseMs: number): void {
    const { simulator, feedClock, onState } = this.#options;
    const now = feedClock.now();
    this.#queue = [];
    this.#next = 0;
    this.#until = now;
    simulator.skip(Math.max(0, Math.ceil((now - simulator.now) / 1000)));
    onState('live', `simulated market: jumped ahead after a pause of ${Math.round(pauseMs / 1000)} s, nothing was simulated in between`);
  }
}

/** Candles given at once; between slices the event loop is free. */
const PAST_SLICE = 1_000;

/** The made-up past: goes out once, oldest first, beside the first live values, so that a price need not wait for a chart. */
export class PastPump {
  #candles: readonly CandleEvent[] | null = null;
  #given = 0;
  #pending: NodeJS.Immediate | null = null;

  constructor(private readonly make: () => readonly CandleEvent[], private readonly give: (candles: readonly CandleEvent[]) => void) {}

  /** Starts, or goes on after `stop`. */
  start(): void {
    this.#pending ??= setImmediate(() => this.#slice());
  }

  stop(): void {
    if (this.#pending) clearImmediate(this.#pending);
    this.#pending = null;
  }

  #slice(): void {
    this.#pending = null;
    this.#candles ??= this.make();
    if (this.#given < this.#candles.length) this.give(this.#candles.slice(this.#given, this.#given + PAST_SLICE));
    this.#given += PAST_SLICE;
    if (this.#given < this.#candles.length) this.start();
    else this.#candles = [];
  }
}
