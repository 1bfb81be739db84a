import type { Clock } from '../../observability/clock';
import type { Link } from '../base/link';
import type { VenueSession } from '../base/session';
import type { Subscriptions } from '../base/subscriptions';

export interface StreamOptions {
  readonly clock: Clock;
  readonly session: () => Pick<VenueSession, 'send' | 'linkGeneration'>;
  readonly subscriptions: Subscriptions;
  /** Products that are served, and those of them with a book. */
  readonly served: () => Iterable<string>;
  readonly booked: (productId: string) => boolean;
}

const PRODUCTS_PER_MESSAGE = 30;
const CHANNELS = ['market_trades', 'ticker', 'level2'] as const;

/** What is asked for: one channel a frame, and nothing before the list of products is here or was waited for long enough. */
export class CoinbaseStreams {
  /** The list of products is known. Without it each product goes alone: an unknown one spoils the whole request. */
  listed = false;
  private ready = false;

  constructor(private readonly options: StreamOptions) {}

  reset(): void {
    this.ready = false;
    this.listed = false;
    this.options.subscriptions.drop(this.options.subscriptions.wanted);
  }

  of(productId: string): readonly string[] {
    return this.channelsOf(productId).map((channel) => `${channel}:${productId}`);
  }

  /** The heartbeat is asked for at once: it keeps the connection open, and the venue cuts those that ask for nothing within 5 s. */
  opened(link: Link): void {
    const { subscriptions, clock, session } = this.options;
    if (link.generation === session().linkGeneration) subscriptions.reset(clock.monotonic());
    link.send(JSON.stringify({ type: 'subscribe', channel: 'heartbeats' }));
    if (this.ready) for (const frame of this.all()) link.send(frame);
  }

  begin(): void {
    if (this.ready) return;
    this.ready = true;
    this.options.subscriptions.want([...this.options.served()].flatMap((p) => this.of(p)), this.options.clock.monotonic());
    this.send(this.all());
  }

  /** Asks for the streams of a product that were not asked for yet. */
  join(productId: string): void {
    if (!this.ready) return;
    const { subscriptions, clock } = this.options;
    for (const channel of this.channelsOf(productId)) {
      const stream = `${channel}:${productId}`;
      if (subscriptions.state(stream) !== null) continue;
      subscriptions.want([stream], clock.monotonic());
      this.send(this.requests('subscribe', channel, [productId]));
    }
  }

  leave(productId: string): void {
    this.options.subscriptions.drop(this.of(productId));
    if (this.ready) for (const channel of this.channelsOf(productId)) this.send(this.requests('unsubscribe', channel, [productId]));
  }

  /** A new subscription brings a new snapshot. */
  renew(channel: string, productIds: readonly string[]): void {
    for (const type of ['unsubscribe', 'subscribe'] as const) this.send(this.requests(type, channel, productIds));
  }

  private channelsOf(productId: string): readonly string[] {
    return this.options.booked(productId) ? CHANNELS : CHANNELS.slice(0, 2);
  }

  private all(): readonly string[] {
    const all = [...this.options.served()];
    return CHANNELS.flatMap((channel) => this.requests('subscribe', channel, all.filter((p) => this.channelsOf(p).includes(channel))));
  }

  private requests(type: 'subscribe' | 'unsubscribe', channel: string, productIds: readonly string[]): readonly string[] {
    const size = this.listed ? PRODUCTS_PER_MESSAGE : 1;
    const frames: string[] = [];
    for (let i = 0; i < productIds.length; i += size) frames.push(JSON.stringify({ type, product_ids: productIds.slice(i, i + size), channel }));
    return frames;
  }

  private send(frames: readonly string[]): void {
    for (const frame of frames) this.options.session().send(frame);
  }
}
