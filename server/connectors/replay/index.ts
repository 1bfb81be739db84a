import { basename } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FeedStateName } from '@/core/contract';
import type { FeedClock } from '../../observability/clock';
import type { Connector, ConnectorContext, VenueStatus } from '../base/connector';
import { PLAIN_STATUS } from '../base/status';
import type { VenueEntry } from '../base/frames';
import { RateMeter } from '../base/measure';
import { ReplayRouter, type ReplayFileInfo } from './frames';
import { readRecording } from './reader';

export { checkReplayFile, frameBatches, replayFrames, spanOf, type ReplayFileInfo, type ReplayStats } from './frames';
export { checkReadable } from './reader';

export interface ReplayOptions {
  readonly context: ConnectorContext;
  readonly info: ReplayFileInfo;
  /** Recorded ms per real ms; 0 = as fast as possible. */
  readonly speed: number;
  readonly venues: readonly VenueEntry[];
}

/** Longest time the event loop is held, ms. */
const SLICE_MS = 12;
/** A longer lag is a sleeping machine: the replay goes on from where it was instead of rushing. */
const MAX_LAG_MS = 5_000;

/** Plays a recording through the venue's own mapper, on the recorder's clock. At the end the clock goes on at 1x. */
class ReplayConnector implements Connector {
  readonly id = 'replay';
  readonly feedClock: FeedClock;
  private readonly meter = new RateMeter();
  private state: FeedStateName = 'off';
  private reason = 'not started';
  private abort: AbortController | null = null;
  private finished: Promise<void> = Promise.resolve();
  private venues: string[] = [];
  private readonly symbols = new Set<string>();
  private lastDataAt: number | null = null;
  /** Monotonic ms and feed ms of the same moment, from which the clock runs. */
  private anchor: { readonly real: number; readonly feed: number } | null = null;
  private rate: number;
  /** Feed time of what was played last, and of what is waited for. */
  private played: number;
  private next: number | null = null;

  constructor(private readonly options: ReplayOptions) {
    this.rate = options.speed > 0 ? options.speed : 1;
    this.played = options.info.firstTime;
    const rate = () => this.rate;
    this.feedClock = {
      now: () => this.feedNow(),
      get speed() {
        return rate();
      },
    };
  }

  start(): void {
    if (this.abort) return;
    this.abort = new AbortController();
    this.venues = [];
    this.rate = this.options.speed > 0 ? this.options.speed : 1;
    this.played = this.options.info.firstTime;
    this.next = null;
    this.anchor = { real: this.monotonic(), feed: this.played };
    this.finished = this.play(this.abort.signal);
  }

  async stop(): Promise<void> {
    this.abort?.abort();
    await this.finished;
    this.abort = null;
    this.setState('off', 'stopped');
  }

  status(): VenueStatus {
    const now = this.monotonic();
    return {
      ...PLAIN_STATUS,
      id: this.id,
      name: `Replay of ${basename(this.options.info.path)}`,
      state: this.state,
      reason: this.reason,
      lastMessageAgeMs: this.lastDataAt === null ? null : now - this.lastDataAt,
      messagesPerSecond: this.meter.perSecond(now),
      reconnects: 0,
      clockOffsetMs: null,
      nextAttemptInMs: null,
      symbols: [...this.symbols],
    };
  }

  private monotonic(): number {
    return this.options.context.clock.monotonic();
  }

  /** Never past a line that is still to be played, so that feed time cannot run backwards when the machine is slow. */
  private feedNow(): number {
    if (!this.anchor) return this.played;
    if (this.state !== 'ended' && (this.options.speed === 0 || this.next === null)) return this.played;
    const target = this.anchor.feed + (this.monotonic() - this.anchor.real) * this.rate;
    return Math.max(this.played, this.next === null ? target : Math.min(target, this.next));
  }

  private async play(signal: AbortSignal): Promise<void> {
    const { context, info, speed, venues } = this.options;
    const at = new Date(info.firstTime).toISOString().replace('T', ' ').slice(0, 16);
    const words = `replay of ${basename(info.path)} from ${at} UTC ${speed > 0 ? `at ${speed}x` : 'as fast as possible'}`;
    const router = new ReplayRouter({
      venues,
      instruments: context.instruments,
      emit: (event) => {
        if ('symbol' in event && event.symbol !== null && event.type !== 'badInput') this.symbols.add(event.symbol);
        context.emit(event);
      },
      onVenue: (id, time) => {
        this.venues.push(id);
        this.setState('live', words, time);
      },
    });
    let sliceStart = this.monotonic();
    for await (const chunk of readRecording(info.path)) {
      router.stats.corrupt += chunk.corrupt;
      if (chunk.damage) context.log.warn({ reason: chunk.damage }, 'the recording ends in damage');
      for (const envelope of chunk.envelopes) {
        if (speed > 0) await this.until(envelope.at, signal);
        if (this.monotonic() - sliceStart > SLICE_MS) {
          await nextTurn();
          sliceStart = this.monotonic();
        }
        if (signal.aborted) return;
        this.played = Math.max(this.played, envelope.at);
        router.accept(envelope);
        this.count();
      }
      if (signal.aborted) return;
    }
    this.end(router);
  }

  private count(): void {
    this.next = null;
    this.lastDataAt = this.monotonic();
    this.meter.add(this.lastDataAt);
    this.options.context.metrics.venueMessages.inc({ venue: this.id });
  }

  /** Waits until the feed clock reaches a line's time. */
  private async until(time: number, signal: AbortSignal): Promise<void> {
    this.next = Math.max(time, this.played);
    for (;;) {
      const anchor = this.anchor ?? { real: this.monotonic(), feed: this.next };
      const wait = (this.next - anchor.feed) / this.rate - (this.monotonic() - anchor.real);
      if (wait < -MAX_LAG_MS) this.anchor = { real: this.monotonic(), feed: this.next };
      if (wait <= 0 || signal.aborted) return;
      await pause(Math.min(wait, 1_000), signal);
    }
  }

  private end(router: ReplayRouter): void {
    const { corrupt, frames } = router.stats;
    this.rate = 1;
    this.next = null;
    this.anchor = { real: this.monotonic(), feed: this.played };
    this.setState('ended', `the recording is over (${frames} messages${corrupt > 0 ? `, ${corrupt} lines unreadable` : ''})`);
  }

  /** The values carry the venue's name, so its state is told under that name. */
  private setState(state: FeedStateName, reason: string, at = this.played): void {
    this.state = state;
    this.reason = reason;
    for (const venue of this.venues) this.options.context.emit({ type: 'feedStatus', venue, state, reason, receiveTime: at });
  }
}

/** A connector that plays `info.path`, checked before by `checkReplayFile`. */
export function createReplayConnector(options: ReplayOptions): Connector {
  return new ReplayConnector(options);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
