import type { ClientMessage, ServerMessageOf } from '@/core/contract';

const EVERY_MS = 5_000;

/** Measures the round trip of one connection after the other: at most one ping is open. No clock of its own. */
export class Pinger {
  /** Round trip of the last answered ping, ms; null before the first. */
  latencyMs: number | null = null;
  private id = 0;
  private sentAt = 0;
  private open = false;

  constructor(private readonly send: (message: ClientMessage) => void) {}

  /** The connection is new or over: an answer to an earlier ping will not come. */
  reset(): void {
    this.sentAt = 0;
    this.open = false;
  }

  ping(now: number): void {
    this.id = (this.id % 1_000_000_000) + 1;
    this.sentAt = now;
    this.open = true;
    this.send({ type: 'ping', id: this.id, t: Math.round(now) });
  }

  /** Pings when it is time again. */
  tick(now: number): void {
    if (now - this.sentAt >= EVERY_MS) this.ping(now);
  }

  /** A plain server's answer carries no id. */
  pong({ id }: ServerMessageOf<'pong'>, now: number): void {
    if (!this.open || (id !== undefined && id !== this.id)) return;
    this.open = false;
    this.latencyMs = now - this.sentAt;
  }
}
