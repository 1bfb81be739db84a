/**
 * Life of one subscription: `pending` until the venue answers, `confirmed` by its ack, `active` once it delivered,
 * `silent` when an answered one never delivered in time (a misspelt stream is acked by some venues), `rejected` by an error.
 */
export type SubscriptionState = 'pending' | 'confirmed' | 'active' | 'silent' | 'rejected';

interface Entry {
  state: SubscriptionState;
  /** Monotonic ms of the last send or ack. */
  since: number;
  reason: string;
}

/** The streams wanted from one venue, with their original arguments, so that a new connection asks for the same again. */
export class Subscriptions {
  private readonly entries = new Map<string, Entry>();
  private readonly requests = new Map<number, readonly string[]>();
  private nextId = 1;

  constructor(private readonly silentMs: number) {}

  /** Streams wanted, in the order they were asked for. */
  get wanted(): readonly string[] {
    return [...this.entries.keys()];
  }

  state(stream: string): SubscriptionState | null {
    return this.entries.get(stream)?.state ?? null;
  }

  /** Words of the venue, or why it counts as silent; empty otherwise. */
  reason(stream: string): string {
    return this.entries.get(stream)?.reason ?? '';
  }

  count(state: SubscriptionState): number {
    return this.counts()[state];
  }

  counts(): Record<SubscriptionState, number> {
    const counts = { pending: 0, confirmed: 0, active: 0, silent: 0, rejected: 0 };
    for (const entry of this.entries.values()) counts[entry.state] += 1;
    return counts;
  }

  want(streams: readonly string[], now: number): void {
    for (const stream of streams) if (!this.entries.has(stream)) this.entries.set(stream, { state: 'pending', since: now, reason: '' });
  }

  drop(streams: readonly string[]): void {
    for (const stream of streams) this.entries.delete(stream);
  }

  /** A new connection knows nothing: everything is pending again and old request ids mean nothing. */
  reset(now: number): void {
    this.requests.clear();
    for (const entry of this.entries.values()) Object.assign(entry, { state: 'pending', since: now, reason: '' });
  }

  /** Notes a request and returns the id to send with it. */
  request(streams: readonly string[]): number {
    const id = this.nextId;
    this.nextId += 1;
    this.requests.set(id, streams);
    return id;
  }

  /** The venue accepted request `id`. Data may have come before: an active stream stays active. */
  acked(id: number, now: number): void {
    for (const stream of this.take(id)) {
      const entry = this.entries.get(stream);
      if (entry?.state === 'pending') Object.assign(entry, { state: 'confirmed', since: now });
    }
  }

  /** The venue refused request `id`; returns the streams concerned. */
  refused(id: number, reason: string): readonly string[] {
    const streams = this.take(id);
    for (const stream of streams) {
      const entry = this.entries.get(stream);
      if (entry && entry.state !== 'active') Object.assign(entry, { state: 'rejected', reason });
    }
    return streams;
  }

  /** The venue accepted one stream by its name: venues that answer stream by stream. */
  confirmed(stream: string, now: number): void {
    const entry = this.entries.get(stream);
    if (entry && entry.state !== 'active') Object.assign(entry, { state: 'confirmed', since: now, reason: '' });
  }

  /** The venue refused one stream by its name. */
  rejected(stream: string, reason: string): void {
    const entry = this.entries.get(stream);
    if (entry) Object.assign(entry, { state: 'rejected', reason });
  }

  delivered(stream: string): void {
    const entry = this.entries.get(stream);
    if (entry) entry.state = 'active';
  }

  /** Streams that turned silent just now: asked for long enough ago and never delivered; the time of those that are not `judged` (closed market) begins anew. */
  expire(now: number, judged: (stream: string) => boolean = () => true): readonly string[] {
    const silent: string[] = [];
    for (const [stream, entry] of this.entries) {
      if (entry.state !== 'pending' && entry.state !== 'confirmed') continue;
      if (!judged(stream)) entry.since = now;
      if (now - entry.since < this.silentMs) continue;
      Object.assign(entry, { state: 'silent', reason: entry.state === 'pending' ? 'no answer' : 'accepted, but nothing was sent' });
      silent.push(stream);
    }
    return silent;
  }

  private take(id: number): readonly string[] {
    const streams = this.requests.get(id) ?? [];
    this.requests.delete(id);
    return streams;
  }
}
