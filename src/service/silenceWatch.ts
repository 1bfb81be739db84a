import { TIMINGS } from '@/core/contract';
import type { Clock, TimerId, Timers } from './types';

/** A silence this long past its limit means that the page slept: what waits in its queue is heard before it is judged, ms. */
const HEAR_FIRST_MS = 1_000;
/** Time a connection has to show that it outlived a change of the network, ms. */
const PROOF_MS = 3_000;

export interface SilencePort {
  /** Whose turn it is: the greeting is awaited, silence was told already, or frames are expected. */
  phase(): 'greeting' | 'stale' | 'open';
  /** Nothing arrived for longer than the heartbeat allows. */
  stale(silentMs: number): void;
  /** Nothing arrived for so long that the connection counts as dead; or its proof of life did not come. */
  dead(why: 'silent' | 'network'): void;
  /** The greeting did not come in its time. */
  unanswered(): void;
}

/** Says what the silence of one connection means. Judged on the monotonic clock; no timer is touched per message. */
export class SilenceWatch {
  heartbeatMs: number = TIMINGS.heartbeatMs;
  deadMs: number = TIMINGS.deadMs;
  /** Monotonic ms of the last frame; null before the first. */
  heardAt: number | null = null;
  /** A frame must arrive after this moment, or the connection did not outlive the change of the network. */
  private provenAfter: number | null = null;
  private timer: TimerId | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly port: SilencePort,
  ) {}

  /** Sets the timer to the next moment at which silence means something, or to one that is named. */
  arm(inMs?: number): void {
    this.timers.clear(this.timer);
    const limit = this.port.phase() === 'stale' ? this.deadMs : this.heartbeatMs + TIMINGS.staleGraceMs;
    this.timer = this.timers.set(() => this.judge(), inMs ?? Math.max(1, limit - this.silentMs(this.clock.mono())));
  }

  stop(): void {
    this.timers.clear(this.timer);
    this.timer = this.provenAfter = null;
  }

  /** The network may be another one now; a ping is on its way, and its answer has to come. */
  prove(): void {
    this.provenAfter ??= this.clock.mono();
    this.arm(PROOF_MS);
  }

  private silentMs(now: number): number {
    return now - (this.heardAt ?? now);
  }

  private judge(): void {
    this.timer = null;
    const { port, provenAfter } = this;
    const phase = port.phase();
    if (phase === 'greeting') return port.unanswered();
    this.provenAfter = null;
    if (provenAfter !== null && (this.heardAt ?? -Infinity) <= provenAfter) return port.dead('network');
    const silentMs = this.silentMs(this.clock.mono());
    if (silentMs >= this.deadMs && phase === 'stale') return port.dead('silent');
    if (silentMs >= this.heartbeatMs + TIMINGS.staleGraceMs && phase !== 'stale') {
      port.stale(silentMs);
      if (silentMs >= this.deadMs) return this.arm(HEAR_FIRST_MS);
    }
    this.arm();
  }
}
