import { setImmediate as nextTurn } from 'node:timers/promises';
import type { InputEvent } from '@/core/market/events';
import type { Clock, FeedClock } from '../observability/clock';
import type { Batch, ReadStats, RecordingSource } from './source';

export interface PlayerOptions {
  readonly source: RecordingSource;
  readonly clock: Clock;
  /** Takes one input: the pipeline. */
  readonly accept: (event: InputEvent) => void;
  /** Everything that was accepted is void: what follows is the beginning again. */
  readonly restart: () => void;
  readonly onEnd?: () => void;
}

/** Where a replay stands. Times in the recording, ms since the epoch. */
export interface PlayerState {
  readonly state: 'playing' | 'paused' | 'seeking' | 'ended';
  /** Recorded time per real time; 0 = as fast as possible. */
  readonly speed: number;
  readonly time: number;
  /** Inputs played, and the recorder's number of the last one: equal numbers, equal states. */
  readonly events: number;
  readonly seq: number;
  /** Part of the way to the time that is sought, 0 to 1; null when nothing is. */
  readonly progress: number | null;
  /** Lines that could not be read, and why the file ended too early; empty when it did not. */
  readonly corrupt: number;
  readonly problem: string;
}

/** Longest time the event loop is held, ms, looked at after every few inputs. */
const SLICE_MS = 10;
const LOOK_EVERY = 16;
/** Longest wait between two inputs, real ms: holes in a recording are jumped, not sat out. */
const MOST_WAIT_MS = 5_000;
const NAP_MS = 50;

type Goal = { readonly kind: 'rest' } | { readonly kind: 'play' } | { readonly kind: 'reach'; readonly time: number; readonly events: number; readonly then: 'play' | 'rest'; readonly from: number };

/**
 * Plays a recording: every input in its order, at its time or as fast as possible. What is accepted depends on the order alone, so that states
 * are the same at every speed; going back is playing again from the beginning.
 */
export class Player {
  readonly feedClock: FeedClock;
  private readonly stats: ReadStats = { frames: 0, corrupt: 0, damage: null };
  private batches: AsyncGenerator<Batch>;
  private batch: Batch = [];
  private index = 0;
  private goal: Goal = { kind: 'rest' };
  private rate: number;
  private played: number;
  private events = 0;
  private seq = 0;
  private ended = false;
  private closed = false;
  /** Set when it must begin again; done by the loop, between two inputs. */
  private again = false;
  private anchor = { real: 0, feed: 0 };
  private wake: () => void = () => undefined;
  private readonly finished: Promise<void>;

  constructor(private readonly options: PlayerOptions, speed: number) {
    this.rate = speed;
    this.played = options.source.from;
    this.batches = options.source.read(this.stats);
    const speedNow = (): number => (this.rate > 0 ? this.rate : 1);
    this.feedClock = {
      now: () => this.now(),
      get speed() {
        return speedNow();
      },
    };
    this.finished = this.run();
  }

  get state(): PlayerState {
    const { goal } = this;
    const span = goal.kind === 'reach' ? goal.time - goal.from : 0;
    const state = goal.kind === 'reach' ? 'seeking' : this.ended ? 'ended' : goal.kind === 'play' ? 'playing' : 'paused';
    return {
      state, speed: this.rate, time: this.now(), events: this.events, seq: this.seq, corrupt: this.stats.corrupt, problem: this.stats.damage ?? '',
      progress: goal.kind === 'reach' ? (span > 0 && Number.isFinite(span) ? Math.min(1, Math.max(0, (this.played - goal.from) / span)) : 0) : null,
    };
  }

  /** Goes on; from the beginning when it is over. */
  play(): void {
    if (this.ended) this.again = true;
    this.aim({ kind: 'play' });
  }

  pause(): void {
    this.aim({ kind: 'rest' });
  }

  /** 0 = as fast as possible. */
  setSpeed(speed: number): void {
    const now = this.now();
    this.rate = speed;
    this.anchor = { real: this.options.clock.monotonic(), feed: now };
    this.wake();
  }

  /** One input, or one second of the recording, then rests. */
  step(by: 'event' | 'second'): void {
    if (by === 'event') this.aim({ kind: 'reach', time: Infinity, events: this.events + 1, then: 'rest', from: this.played });
    else this.seek(this.now() + 1_000, 'rest');
  }

  /** Goes to a time as fast as possible, from the beginning when it lies behind; then does what it did before. */
  seek(time: number, then: 'play' | 'rest' = this.goal.kind === 'play' || (this.goal.kind === 'reach' && this.goal.then === 'play') ? 'play' : 'rest'): void {
    const target = Math.min(this.options.source.to, Math.max(this.options.source.from, time));
    const back = target < this.played;
    if (back) this.again = true;
    this.aim({ kind: 'reach', time: target, events: Infinity, then, from: back ? this.options.source.from : this.played });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.wake();
    await this.finished;
    await this.batches.return(undefined);
  }

  /** Time shown: stands while it rests, runs between two inputs while it plays, never past the next one. */
  private now(): number {
    if (this.goal.kind !== 'play' || this.rate === 0 || this.ended) return this.played;
    const next = this.batch[this.index]?.event.receiveTime ?? this.played;
    return Math.max(this.played, Math.min(next, this.anchor.feed + (this.options.clock.monotonic() - this.anchor.real) * this.rate));
  }

  private aim(goal: Goal): void {
    const now = this.now();
    this.goal = goal;
    if (goal.kind === 'rest') this.played = now;
    this.anchor = { real: this.options.clock.monotonic(), feed: now };
    this.wake();
  }

  private async run(): Promise<void> {
    let since = performance.now();
    let looked = 0;
    while (!this.closed) {
      if (this.again) await this.rewind();
      const next = this.goal.kind === 'rest' ? null : await this.peek();
      if (this.goal.kind === 'rest' || this.again) {
        if (this.goal.kind === 'rest' && !this.closed) await this.sleep(null);
        continue;
      }
      if (next === null) this.atEnd();
      else if (this.isReached(next)) this.reached();
      else {
        const wait = this.wait(next);
        if (wait > 0) await this.sleep(Math.min(wait, NAP_MS));
        else this.take();
      }
      if ((looked += 1) % LOOK_EVERY !== 0 || performance.now() - since < SLICE_MS) continue;
      await nextTurn();
      since = performance.now();
    }
  }

  private async rewind(): Promise<void> {
    this.again = false;
    await this.batches.return(undefined);
    Object.assign(this.stats, { frames: 0, corrupt: 0, damage: null });
    this.batches = this.options.source.read(this.stats);
    this.batch = [];
    this.index = 0;
    this.events = 0;
    this.seq = 0;
    this.ended = false;
    this.played = this.options.source.from;
    this.options.restart();
  }

  private async peek(): Promise<Batch[number] | null> {
    while (this.index >= this.batch.length) {
      const { done, value } = await this.batches.next();
      if (done === true || value === undefined) return null;
      this.batch = value;
      this.index = 0;
    }
    return this.batch[this.index] ?? null;
  }

  private isReached({ event }: Batch[number]): boolean {
    return this.goal.kind === 'reach' && (event.receiveTime > this.goal.time || this.events >= this.goal.events);
  }

  private reached(): void {
    const { goal } = this;
    if (goal.kind !== 'reach') return;
    if (Number.isFinite(goal.time)) this.played = Math.max(this.played, goal.time);
    this.goal = { kind: goal.then };
    this.anchor = { real: this.options.clock.monotonic(), feed: this.played };
  }

  private atEnd(): void {
    this.ended = true;
    this.goal = { kind: 'rest' };
    this.options.onEnd?.();
  }

  /** Real ms until an input is due. */
  private wait({ event, seq }: Batch[number]): number {
    if (this.goal.kind !== 'play' || this.rate === 0 || seq === 0) return 0;
    const { monotonic } = this.options.clock;
    const wait = (event.receiveTime - this.anchor.feed) / this.rate - (monotonic() - this.anchor.real);
    // A clock that goes back (another market came) and a machine that slept: it goes on from here, without a rush.
    if (wait > MOST_WAIT_MS || wait < -MOST_WAIT_MS) {
      this.anchor = { real: monotonic(), feed: event.receiveTime };
      return 0;
    }
    return wait;
  }

  private take(): void {
    const next = this.batch[this.index];
    if (!next) return;
    this.index += 1;
    // The head of a recording that begins in the middle holds older values: they come before its first moment.
    if (next.seq > 0) this.played = next.event.receiveTime;
    this.options.accept(next.event);
    this.events += 1;
    this.seq = next.seq;
  }

  /** Until the time is over or something is asked. */
  private sleep(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === null ? null : setTimeout(() => this.wake(), ms);
      this.wake = () => {
        if (timer) clearTimeout(timer);
        this.wake = () => undefined;
        resolve();
      };
    });
  }
}
