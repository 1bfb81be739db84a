/** Requests whose answer is waited for; the oldest are forgotten. */
const MAX_REQUESTS = 512;
export const INSTRUMENTS = 'instrument';

/** Texts of requests, and which channel a request was about: refusals name the request and the symbol, not the channel. */
export class KrakenRequests {
  private readonly channels = new Map<number, string>();
  private nextId = 1;

  /** @param depth levels of a book. */
  constructor(private readonly depth: number) {}

  /** The channel of a request; undefined when it is not known any more. */
  channelOf(id: number | null): string | undefined {
    return id === null ? undefined : this.channels.get(id);
  }

  /** A new connection answers no old request. */
  reset(): void {
    this.channels.clear();
  }

  stream(method: 'subscribe' | 'unsubscribe', channel: string, symbol: readonly string[]): string {
    const extra = { ticker: { event_trigger: 'bbo' }, ohlc: { interval: 1 }, book: { depth: this.depth } }[channel] ?? {};
    return JSON.stringify({ method, params: { channel, symbol, ...extra, ...(method === 'subscribe' ? { snapshot: true } : {}) }, req_id: this.take(channel) });
  }

  instruments(): string {
    return JSON.stringify({ method: 'subscribe', params: { channel: INSTRUMENTS, snapshot: true }, req_id: this.take(INSTRUMENTS) });
  }

  ping(): string {
    return JSON.stringify({ method: 'ping', req_id: this.take('ping') });
  }

  private take(channel: string): number {
    const id = this.nextId;
    this.nextId += 1;
    this.channels.set(id, channel);
    const [oldest] = this.channels.keys();
    if (this.channels.size > MAX_REQUESTS && oldest !== undefined) this.channels.delete(oldest);
    return id;
  }
}
