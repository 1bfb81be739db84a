import { TIMINGS, type ReceiptMessage } from '@/core/contract';
import { RateMeter } from './rateMeter';
import { receiptWords, reunionWords, worseReceipt } from './receiptWords';
import type { StreamOptions } from './streamOptions';
import type { ActivityNote, StreamState, StreamStatus } from './types';

/** What one stream shows of itself: its state with words and times, its counts, and the lines it adds to the activity log. */
export class StreamFace {
  state: StreamState = 'idle';
  reason = 'Not connected yet';
  fallback = false;
  /** Monotonic ms from which on the connection counts as healthy; null while it is not live. */
  healthyAt: number | null = null;
  /** This connection is not the first. */
  private reopened = false;
  private everLive = false;
  private since: number;
  /** Monotonic ms of the next attempt; null when none is planned. */
  nextAttemptAt: number | null = null;
  private reconnects = 0;
  private refused = 0;
  private lastReceipt: ReceiptMessage | null = null;
  /** Those of the present interruption. */
  private receipts: ReceiptMessage[] = [];
  /** Last words for the activity log, so that each retry does not repeat them. */
  private told = '';
  private readonly meter = new RateMeter();

  constructor(
    private readonly options: StreamOptions,
    /** What the connection knows: round trip, last frame, whose connection it is. */
    private readonly link: () => Pick<StreamStatus, 'latencyMs' | 'lastMessageAt' | 'shared'>,
  ) {
    this.since = options.clock.mono();
  }

  get status(): StreamStatus {
    const { state, reason, since, nextAttemptAt, reconnects, fallback, refused, lastReceipt } = this;
    return { name: this.options.name, state, reason, since, nextAttemptAt, updatesPerSecond: this.meter.perSecond(this.options.clock.mono()), reconnects, fallback, refused, lastReceipt, ...this.link() };
  }

  /** Words are for users; `delayMs` = time to the next attempt. */
  enter(state: StreamState, reason: string, delayMs: number | null): void {
    const now = this.options.clock.mono();
    const before = this.state;
    if (state !== before) this.since = now;
    this.state = state;
    this.reason = reason;
    this.nextAttemptAt = delayMs === null ? null : now + delayMs;
    this.healthyAt = state === 'live' ? now + TIMINGS.healthyMs : null;
    if (state === 'live') this.onLive(before);
    else if (state === 'stale') this.tell('warn', reason);
    else if (state === 'stopped') this.tell('error', reason);
    else if ((state === 'backoff' || state === 'offline') && reason !== this.told) this.tell('warn', reason);
    this.publish();
  }

  private onLive(before: StreamState): void {
    if (!this.everLive) this.tell('info', 'Live');
    else if (this.reopened) this.tell(this.receipts.some(({ lost }) => lost > 0) ? 'warn' : 'info', ['Live again', reunionWords(this.receipts)].filter(Boolean).join('. '));
    else if (before === 'stale') this.tell('info', 'Data arrives again');
    if (this.reopened) this.reconnects++;
    this.everLive = true;
    this.reopened = false;
    this.receipts = [];
    this.told = '';
  }

  private tell(level: ActivityNote['level'], text: string): void {
    this.told = text;
    this.options.port.note({ level, text });
  }

  publish(): void {
    this.options.port.status(this.status);
  }

  setFallback(on: boolean): void {
    if (this.fallback === on) return;
    this.fallback = on;
    this.publish();
  }

  /** The connection is over. */
  lost(): void {
    if (this.everLive) this.reopened = true;
    this.receipts = [];
  }

  /** So many keys, levels or items changed. */
  count(changes: number): void {
    this.meter.add(this.options.clock.mono(), changes);
  }

  onReceipt(receipt: ReceiptMessage): void {
    const { port } = this.options;
    const first = this.receipts[0] === undefined;
    this.lastReceipt = first || !this.lastReceipt ? receipt : worseReceipt(this.lastReceipt, receipt);
    // Told together when the stream is live again.
    if (this.reopened) this.receipts.push(receipt);
    else if (receiptWords(receipt)) port.note({ level: 'warn', text: receiptWords(receipt) });
    port.receipt(receipt);
  }

  onRefused(what: string): void {
    this.refused++;
    // The first and then each hundredth: a broken peer must not fill the log.
    if (this.refused % 100 === 1) this.options.port.note({ level: 'warn', text: `A message could not be understood (${what}); ${this.refused} so far` });
  }
}
