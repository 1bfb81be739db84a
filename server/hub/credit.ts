import type { Clock } from '../observability/clock';
import type { Session } from './session';

/** Smallest and largest window, bytes. */
const WINDOW_MIN = 16_384;
const WINDOW_MAX = 524_288;
/** A full window taken faster than this makes it twice as large, slower than the other half as large, ms (protocol.md, section 6). */
const FAST_MS = 250;
const SLOW_MS = 500;

/**
 * End-to-end credit of one connection: what may be under way to a client before it has said that it has handled it. Bytes that only
 * left this process say nothing: the system's buffers and a slow link hold seconds of prices. Answers come from `ack` messages or, for
 * clients that send none, from RFC 6455 pongs, which carry back the number of the ping.
 */
export class Credit {
  private sentBytes = 0;
  private ackedBytes = 0;
  /** Position whose arrival closes the present measurement of a full window, and when it was sent. */
  private probe: number | null = null;
  private probeAt = 0;
  private progressAt: number;
  /** Bytes the operating system had taken when last looked at. */
  private delivered = 0;

  constructor(
    private readonly session: Session,
    private windowBytes: number,
    private readonly clock: Pick<Clock, 'monotonic'>,
  ) {
    this.progressAt = clock.monotonic();
  }

  /** Payload bytes sent so far. */
  get sent(): number {
    return this.sentBytes;
  }

  /** Payload bytes the client has not answered for. */
  get unacked(): number {
    return this.sentBytes - this.ackedBytes;
  }

  get window(): number {
    return this.windowBytes;
  }

  /** May another frame be sent now? What is under way is at most the window and the frame that filled it. */
  ready(): boolean {
    return this.unacked < this.windowBytes;
  }

  /** Notes a frame that goes out, data or not. */
  send(bytes: number): void {
    const full = !this.ready();
    this.sentBytes += bytes;
    if (this.ready()) return;
    const now = this.clock.monotonic();
    // From here on it has to answer.
    if (!full) this.progressAt = now;
    if (this.probe !== null) return;
    this.probe = this.sentBytes;
    this.probeAt = now;
  }

  /** The client has handled this many payload bytes since the start. More than was sent counts as all. Returns how far it moved on. */
  ack(total: number): number {
    const moved = Math.min(total, this.sentBytes) - this.ackedBytes;
    if (!(moved > 0)) return 0;
    this.ackedBytes += moved;
    const now = (this.progressAt = this.clock.monotonic());
    if (this.probe !== null && this.ackedBytes >= this.probe) this.adapt(now - this.probeAt);
    return moved;
  }

  private adapt(tookMs: number): void {
    this.probe = null;
    if (tookMs < FAST_MS) this.windowBytes = Math.max(this.windowBytes, Math.min(this.windowBytes * 2, WINDOW_MAX));
    else if (tookMs > SLOW_MS) this.windowBytes = Math.min(this.windowBytes, Math.max(this.windowBytes / 2, WINDOW_MIN));
  }

  /**
   * How long a client whose window is full has not answered, ms. Ask it regularly. A large frame on its way over a slow link counts
   * as progress; what the system here takes into its buffer at once does not.
   */
  stalledMs(): number {
    if (this.ready()) return 0;
    const now = this.clock.monotonic();
    const delivered = this.session.delivered();
    if (this.session.buffered() > 0 && delivered !== this.delivered) this.progressAt = now;
    this.delivered = delivered;
    return now - this.progressAt;
  }
}
