import type { FeedMode } from '@/core/contract';
import type { Engine } from '@/core/engine';
import type { InputEvent, ModeEvent } from '@/core/market/events';
import type { EngineOutput } from '@/core/market/outputs';
import type { Bus } from '../bus/bus';
import type { FeedClock } from '../observability/clock';
import { createSampler } from '../observability/hops';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import { ChannelSet } from './channelSet';
import { createOnDemand } from './onDemand';
import { createPublisher } from './publisher';
import type { WarmUp } from './warmUp';

export interface PipelineOptions {
  readonly engine: Engine;
  readonly bus: Bus;
  /** Clock of the source in use; asked anew each time, as the source may change. */
  readonly feedClock: () => FeedClock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** A new opaque channel epoch at every call. */
  readonly newEpoch: () => string;
  /** What is stored of a market, fed in when it becomes the one shown. */
  readonly warmUp?: WarmUp;
  /** Levels a side of `book:` channels; 100 by default, 50 at least. */
  readonly bookDepth?: number;
  /** Hears every input in the order in which the engine takes it, clocks and warm-up included, just before it does: the input log. */
  readonly onInput?: (event: InputEvent) => void;
  /** Logs what is scored: gives back the same output with its place in the tamper-evident log. */
  readonly score?: { record(output: EngineOutput): EngineOutput };
  /** Inputs come from an input log: they are in order and hold their own clocks, so they are stepped as they are and nothing is added. */
  readonly recorded?: boolean;
}

/** Runs the engine: one total order of inputs in, channel changes and outputs on the bus out. */
export interface Pipeline {
  /** Takes one event, steps the engine, publishes what comes out, all before it returns. Never throws. */
  accept(event: InputEvent): void;
  /** Starts and stops the timer that lets time pass when no input does. */
  start(): void;
  stop(): void;
  /** Lets time pass up to the feed clock's now; what the timer calls. */
  tick(): void;
  /** Publishes what changed in the channels that somebody wants; what another timer calls. */
  flush(): void;
}

const TICK_MS = 200;
/** Between two flushes of the channels made on demand, ms of real time whatever the speed of the feed: the push interval of the hub. */
const FLUSH_MS = 100;
const BOOK_DEPTH = { usual: 100, least: 50, most: 1_000 } as const;
const SECOND = 1_000;
const ENGINE_HOP = { hop: 'engine' } as const;
/** A tick this long after the one before, ms, tells that the process was held up. */
const LATE_TICK_MS = 600;
/** Whole seconds stepped one by one across a gap of the feed; of a longer gap the last ones only. */
const MOST_SECONDS = 300;

/** Data that may be shown together: live and mixed are one market, the others each their own. */
const market = (mode: FeedMode): string => (mode === 'mixed' ? 'live' : mode);
const passesTime = (event: InputEvent): boolean =>
  event.type !== 'feedStatus' && event.type !== 'badInput' && event.type !== 'instrument' && event.type !== 'mode';

class EnginePipeline implements Pipeline {
  private readonly publisher;
  private readonly onDemand;
  private timers: NodeJS.Timeout[] = [];
  /** Feed time of the newest input; null until the first since the market shown changed. */
  private time: number | null = null;
  /** Newest whole second told to the engine. */
  private second: number | null = null;
  /** Time of the feed's clock at the newest tick. */
  private tickedAt = Infinity;
  private record = true;
  /** Feed time of the input being stepped. */
  private steppedAt = -Infinity;
  /** Number of the newest warm-up, and whether it still runs. */
  private round = 0;
  private warming = false;
  private readonly heldSignals: EngineOutput[] = [];
  private readonly sample = createSampler();
  private readonly counts = new Map<InputEvent['type'], number>();
  private readonly publish = (output: EngineOutput): void => this.emit(output);

  constructor(private readonly options: PipelineOptions) {
    const { bus, newEpoch, engine, log } = options;
    const channels = new ChannelSet(bus, newEpoch);
    const bookDepth = Math.min(BOOK_DEPTH.most, Math.max(BOOK_DEPTH.least, options.bookDepth ?? BOOK_DEPTH.usual));
    this.onDemand = createOnDemand(bus, { engine, channels, now: () => options.feedClock().now(), bookDepth, idleFlushes: SECOND / FLUSH_MS }, log);
    this.publisher = createPublisher({ bus, channels, onDemand: this.onDemand, symbols: engine.instruments().map((i) => i.symbol) });
  }

  accept(event: InputEvent): void {
    if (!this.sample()) return this.take(event);
    const began = performance.now();
    this.take(event);
    this.options.metrics.hop.observe(ENGINE_HOP, (performance.now() - began) / 1_000);
  }

  private take(event: InputEvent): void {
    if (this.options.recorded === true) return this.repeat(event);
    if (event.type === 'mode') return this.changeMode(event);
    if (this.options.warmUp?.supersedes(event)) return;
    if (passesTime(event)) this.letTimePass(event.receiveTime);
    this.step(this.inOrder(event));
  }

  start(): void {
    if (this.timers.length === 0) this.timers = [setInterval(() => this.tick(), TICK_MS), setInterval(() => this.flush(), FLUSH_MS)];
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
    this.flushCounts();
  }

  flush(): void {
    this.onDemand.flush();
  }

  tick(): void {
    if (this.options.recorded === true) return this.flushCounts();
    const clock = this.options.feedClock();
    // Sources with a clock of their own hand over whole slices of it: stay one second behind them, so that their inputs
    // keep their own times and a run is repeatable.
    const own = this.options.engine.mode === 'simulated' || this.options.engine.mode === 'replay';
    const present = clock.now();
    const now = present - (own ? SECOND * Math.max(1, clock.speed) : 0);
    // After a pause of the whole process such a source has inputs to hand over that are older than its clock: they come first.
    const paused = own && present - this.tickedAt > LATE_TICK_MS * Math.max(1, clock.speed);
    this.tickedAt = present;
    if (Number.isFinite(now) && !paused) this.letTimePass(now);
    this.flushCounts();
  }

  /** One line of an input log. Each mode starts the channels anew: what follows may be another market, or the same one from its beginning. */
  private repeat(event: InputEvent): void {
    if (event.type === 'mode') this.publisher.reset();
    this.step(event);
    if (event.type === 'mode') this.onDemand.flush();
  }

  /** Inputs never go back in time. Statuses may come from another clock: they take the time of their place. */
  private inOrder<E extends InputEvent>(event: E): E {
    const time = this.time;
    if (time === null || !passesTime(event)) {
      if (passesTime(event)) this.time = event.receiveTime;
      return time === null || event.receiveTime === time ? event : { ...event, receiveTime: time };
    }
    if (event.receiveTime < time) return { ...event, receiveTime: time };
    this.time = event.receiveTime;
    return event;
  }

  /** Tells the engine every whole second up to `time`. */
  private letTimePass(time: number): void {
    const target = Math.floor(time / SECOND) * SECOND;
    if (this.second === null) {
      this.second = target;
      return;
    }
    if (target <= this.second) return;
    for (let s = Math.max(this.second + SECOND, target - MOST_SECONDS * SECOND); s <= target; s += SECOND) {
      this.step(this.inOrder({ type: 'clock', receiveTime: s }));
    }
    this.second = target;
  }

  private changeMode(event: ModeEvent): void {
    const changes = market(event.mode) !== market(this.options.engine.mode);
    if (changes) {
      // Another market, on another clock: numbering and order start anew, nothing of the old one may be applied to it.
      this.publisher.reset();
      this.heldSignals.length = 0;
      this.time = null;
      this.second = null;
    }
    const { speed } = this.options.feedClock();
    this.step({ ...(changes ? event : this.inOrder(event)), speed });
    // Books of the old market are gone from their channels; say in the same step what they are now.
    if (changes) this.onDemand.flush();
    if (changes) void this.warm(event.mode, event.receiveTime);
  }

  /** Feeds what is stored of the market now shown. Signals made meanwhile wait, so that the log keeps its order. */
  private async warm(mode: FeedMode, now: number): Promise<void> {
    const { warmUp, log } = this.options;
    if (!warmUp) return;
    const round = ++this.round;
    this.warming = true;
    const isCurrent = (): boolean => round === this.round;
    try {
      await warmUp.run(mode, now, {
        isCurrent,
        candle: (event) => this.step({ ...event, receiveTime: this.time ?? now }),
        signal: (record) => this.publisher.publish({ type: 'signal', record }, false),
      });
    } catch (error) {
      log.error({ err: error }, 'stored candles and signals could not be read; going on without them');
    }
    if (!isCurrent()) return;
    this.warming = false;
    for (const held of this.heldSignals.splice(0)) this.publisher.publish(held);
  }

  private step(event: InputEvent): void {
    this.counts.set(event.type, (this.counts.get(event.type) ?? 0) + 1);
    this.steppedAt = event.receiveTime;
    this.record = !(event.type === 'candle' && event.route === 'history');
    this.options.onInput?.(event);
    try {
      this.options.engine.step(event, this.publish);
    } catch (error) {
      // A fault of ours. The input is lost, the stream must not be.
      this.options.metrics.refusedInputs.inc({ venue: 'venue' in event ? event.venue : 'engine', code: 'internal' });
      this.options.log.error({ err: error, input: event.type }, 'the engine failed on an input');
    }
  }

  private emit(output: EngineOutput): void {
    if (output.type === 'refused') this.options.metrics.refusedInputs.inc({ venue: output.venue, code: output.code });
    const told = this.options.score?.record(output) ?? output;
    if (told.type === 'signal' && this.warming) this.heldSignals.push(told);
    else this.publisher.publish(told, this.record, this.steppedAt);
  }

  /** Counters are moved once per tick: labelled counters are too slow for every input. */
  private flushCounts(): void {
    for (const [type, count] of this.counts) this.options.metrics.engineInputs.inc({ type }, count);
    this.counts.clear();
  }
}

export function createPipeline(options: PipelineOptions): Pipeline {
  return new EnginePipeline(options);
}
