import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../observability/clock';
import type { VenueSession } from '../base/session';
import type { Subscriptions } from '../base/subscriptions';
import type { KrakenRequests } from './requests';

export interface RepeatOptions {
  readonly session: VenueSession;
  readonly subscriptions: Subscriptions;
  readonly requests: KrakenRequests;
  readonly clock: Clock;
  readonly random: () => number;
  /** Time between two subscriptions to a stream that keeps failing, ms; at random up to twice that. */
  readonly paceMs: number;
  readonly signal: () => AbortSignal;
  readonly served: (venueSymbol: string) => boolean;
}

/** A stream repaired so many paces ago counts as healthy. */
const QUIET_PACES = 12;

/** Streams that are asked for again: a refused one after a pause, a wrong book at once the first time and at a pace after that. */
export class KrakenRepeats {
  private readonly waiting = new Set<string>();
  /** Monotonic ms of the last repetition by stream. */
  private readonly repeatedAt = new Map<string, number>();

  constructor(private readonly options: RepeatOptions) {}

  /** A new connection asks for everything anyway. */
  clear(): void {
    this.waiting.clear();
  }

  /** `fresh` = unsubscribe first, for a new snapshot. */
  repeat(channel: string, venueSymbol: string, fresh: boolean): void {
    const { session, clock, paceMs, random } = this.options;
    const stream = `${channel} ${venueSymbol}`;
    if (this.waiting.has(stream)) return;
    this.waiting.add(stream);
    const signal = this.options.signal();
    const generation = session.linkGeneration;
    const quiet = clock.monotonic() - (this.repeatedAt.get(stream) ?? -Infinity) >= QUIET_PACES * paceMs;
    const ask = () => {
      this.waiting.delete(stream);
      if (!signal.aborted && generation === session.linkGeneration && this.options.served(venueSymbol)) this.ask(channel, venueSymbol, fresh);
    };
    if (fresh && quiet) ask();
    else void delay(paceMs * (1 + random()), undefined, { signal, ref: false }).then(ask, () => this.waiting.delete(stream));
  }

  private ask(channel: string, venueSymbol: string, fresh: boolean): void {
    const { session, subscriptions, requests, clock } = this.options;
    const stream = `${channel} ${venueSymbol}`;
    this.repeatedAt.set(stream, clock.monotonic());
    if (fresh) session.send(requests.stream('unsubscribe', channel, [venueSymbol]));
    subscriptions.drop([stream]);
    subscriptions.want([stream], clock.monotonic());
    // Too many are waiting for their turn: this one comes back.
    if (!session.send(requests.stream('subscribe', channel, [venueSymbol]))) this.repeat(channel, venueSymbol, fresh);
  }
}
