import { FakeVenue, type FakeConnection } from '../../support/fakeVenue';

type Level = readonly [side: 'bid' | 'offer', price: string, size: string];

const CHANNEL: Readonly<Record<string, string>> = { market_trades: 'trade', ticker: 'bookTicker', level2: 'depth' };
/** The suite's `BTCUSDT` is the venue's `BTC-USDT`. */
const productOf = (symbol: string) => symbol.replace(/USDT$/, '-USDT');
const streamOf = (channel: string, product: string) => `${product.replace('-', '').toLowerCase()}@${CHANNEL[channel] ?? channel}`;

/** A venue on loopback that speaks Coinbase Advanced Trade: one channel a frame, frames numbered per connection. */
export class FakeCoinbase extends FakeVenue {
  /** Whole book sent to a new level2 subscription; null = none comes. */
  levels: readonly Level[] | null = [['bid', '99.00', '1'], ['offer', '101.00', '1']];
  /** Frames that are counted but never sent, as if the network had lost them. */
  lose = 0;
  /** Frames asked for, as text. */
  readonly requests: string[] = [];
  private readonly numbers = new WeakMap<FakeConnection, number>();

  /** Sends an envelope with the next number of each connection. */
  frame(channel: string, events: readonly object[], to: readonly FakeConnection[] = this.open): void {
    for (const connection of to) {
      const number = this.numbers.get(connection) ?? 0;
      this.numbers.set(connection, number + 1);
      if (this.lose > 0) this.lose -= 1;
      else this.raw(JSON.stringify({ channel, timestamp: new Date(this.now).toISOString(), sequence_num: number, events }), [connection]);
    }
  }

  override trade(symbol: string, price: string, id = (this.ids += 1), to: readonly FakeConnection[] = this.open): void {
    const trade = { product_id: productOf(symbol), trade_id: String(id), price, size: '0.5', time: new Date(this.now).toISOString(), side: 'SELL' };
    this.publish('market_trades', symbol, [{ type: 'update', trades: [trade] }], to);
  }

  override quote(symbol: string, bid: string, ask: string): void {
    const ticker = {
      type: 'ticker', product_id: productOf(symbol), price: bid, volume_24_h: '1000', low_24_h: '80', high_24_h: '120', price_percent_chg_24_h: '10',
      best_bid: bid, best_ask: ask, best_bid_quantity: '1', best_ask_quantity: '2',
    };
    this.publish('ticker', symbol, [{ type: 'update', tickers: [ticker] }]);
  }

  level2(symbol: string, levels: readonly Level[], type = 'update'): void {
    this.publish('level2', symbol, [this.bookEvent(productOf(symbol), levels, type)]);
  }

  heartbeat(): void {
    if (!this.mute) this.frame('heartbeats', [{ current_time: '2026-08-09 21:05:48.854840045 +0000 UTC m=+41691.26', heartbeat_counter: 41691 }]);
  }

  private bookEvent(product: string, levels: readonly Level[], type: string): object {
    const event_time = new Date(this.now).toISOString();
    return { type, product_id: product, updates: levels.map(([side, price_level, new_quantity]) => ({ side, event_time, price_level, new_quantity })) };
  }

  private publish(channel: string, symbol: string, events: readonly object[], to: readonly FakeConnection[] = this.open): void {
    const stream = streamOf(channel, productOf(symbol));
    if (!this.mute) this.frame(channel === 'level2' ? 'l2_data' : channel, events, to.filter((c) => c.streams.has(stream)));
  }

  protected override control(connection: FakeConnection, text: string): void {
    this.requests.push(text);
    const { type, channel, product_ids: products = [] } = JSON.parse(text) as { type: string; channel: string; product_ids?: string[] };
    // The heartbeat comes first and tells nothing of what is wanted.
    if (channel === 'heartbeats') return void connection.streams.add('heartbeats');
    connection.messages.push({ method: type, params: products, id: 0 });
    if (this.mute) return;
    if (this.rejectSubscribe) return connection.socket.send(JSON.stringify({ type: 'error', message: this.rejectSubscribe.msg }));
    for (const product of products) {
      if (type === 'unsubscribe') connection.streams.delete(streamOf(channel, product));
      else connection.streams.add(streamOf(channel, product));
      if (type === 'subscribe' && channel === 'level2' && this.levels) this.frame('l2_data', [this.bookEvent(product, this.levels, 'snapshot')], [connection]);
    }
    const ack = () => this.frame('subscriptions', [{ subscriptions: { [channel]: products } }], [connection]);
    if (this.ackDelayMs > 0) setTimeout(ack, this.ackDelayMs);
    else ack();
  }

  protected override answer(url: URL): object | null {
    const product = /\/products\/([A-Z-]+)\/candles$/.exec(url.pathname)?.[1];
    if (product) return { candles: this.candles(url.searchParams) };
    const asked = /\/products\/([A-Z-]+)\/ticker$/.exec(url.pathname)?.[1];
    if (asked) return this.listed[asked.replace('-', '')] ? this.restTicker(asked) : null;
    if (url.pathname !== '/api/v3/brokerage/market/products') return null;
    const products = Object.values(this.listed).map(({ base, quote, status, tick, lot }) => ({
      product_id: `${base}-${quote}`, status: status === 'TRADING' ? 'online' : 'offline', price_increment: tick, base_increment: lot, quote_increment: '0.01', trading_disabled: false, alias: '',
    }));
    return { products, num_products: products.length };
  }

  private restTicker(product: string): object {
    const trade = { trade_id: '995098663', product_id: product, price: '100.00', size: '0.00064', time: new Date(this.now).toISOString(), side: 'SELL', bid: '', ask: '', exchange: 'coinbase' };
    return { trades: [trade], best_bid: '99.00', best_ask: '101.00' };
  }

  /** Newest first, as the venue sends them. */
  private candles(query: URLSearchParams): readonly object[] {
    const step = { ONE_MINUTE: 60, ONE_HOUR: 3_600, ONE_DAY: 86_400 }[query.get('granularity') ?? ''] ?? 60;
    const rows: object[] = [];
    const end = Math.min(Number(query.get('end')), this.now / 1_000);
    for (let start = Math.ceil(Number(query.get('start')) / step) * step; start <= end; start += step) {
      rows.unshift({ start: String(start), low: '99', high: '102', open: '100', close: '101', volume: '5' });
    }
    return rows;
  }
}
