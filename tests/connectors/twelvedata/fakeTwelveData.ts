import { FakeVenue, type FakeConnection } from '../../support/fakeVenue';

type Entry = Readonly<Record<string, unknown>>;

/**
 * The fake venue in Twelve Data's protocol: a list of symbols a frame, partial acks, heartbeats of the client, REST errors by symbol
 * (errors inside HTTP 200: `recorded`). The number of a price is its time in seconds, since the venue numbers nothing; symbols are named as there (`BTC/USDT`).
 */
export class FakeTwelveData extends FakeVenue {
  /** Symbols that this key may stream; null = all. */
  permitted: readonly string[] | null = null;
  /** Form of the empty list in an ack. */
  none: 'null' | 'empty' | 'absent' = 'null';
  heartbeats = 0;
  protected override ids = Math.floor(Date.now() / 1_000);
  /** Entries of REST `/quote` by symbol; an unknown one is answered with an error. */
  quotes: Record<string, Entry> = {};

  static readonly nameOf = (venueSymbol: string): string => venueSymbol.replace(/USDT$/, '/USDT');

  price(symbol: string, price: number, more: Entry = {}, to: readonly FakeConnection[] = this.open): void {
    if (this.mute) return;
    const event = { event: 'price', symbol, currency: 'USD', exchange: 'NASDAQ', type: 'Common Stock', timestamp: Math.floor(this.now / 1_000), price, day_volume: 1, ...more };
    this.raw(JSON.stringify(event), to.filter((c) => c.streams.has(symbol)));
  }

  override trade(venueSymbol: string, price: string, id = (this.ids += 1), to: readonly FakeConnection[] = this.open): void {
    this.price(FakeTwelveData.nameOf(venueSymbol), Number(price), { timestamp: id }, to);
  }

  protected override control(connection: FakeConnection, text: string): void {
    const { action, params } = JSON.parse(text) as { action: string; params?: { symbols: string } };
    if (action === 'heartbeat') {
      this.heartbeats += 1;
      if (!this.mute) connection.socket.send('{"event":"heartbeat","status":"ok"}');
      return;
    }
    const symbols = params?.symbols.split(',') ?? [];
    connection.messages.push({ method: action, params: symbols, id: 0 });
    if (this.mute) return;
    if (this.rejectSubscribe) return void connection.socket.send(JSON.stringify({ status: 'error', code: this.rejectSubscribe.code, message: this.rejectSubscribe.msg }));
    if (action !== 'subscribe') return symbols.forEach((symbol) => connection.streams.delete(symbol));
    const success = symbols.filter((symbol) => this.permitted?.includes(symbol) ?? true);
    const fails = symbols.filter((symbol) => !success.includes(symbol));
    for (const symbol of success) connection.streams.add(symbol);
    const list = (names: readonly string[]) => (names.length > 0 ? names.map((symbol) => ({ symbol, exchange: 'NASDAQ', country: 'United States', type: 'Common Stock' })) : this.none === 'null' ? null : this.none === 'empty' ? [] : undefined);
    const ack = () => connection.socket.send(JSON.stringify({ event: 'subscribe-status', status: fails.length > 0 ? 'error' : 'ok', success: list(success), fails: list(fails) }));
    if (this.ackDelayMs > 0) setTimeout(ack, this.ackDelayMs);
    else ack();
  }

  protected override answer(url: URL): object | null {
    const symbols = (url.searchParams.get('symbol') ?? '').split(',');
    if (url.pathname === '/quote') {
      const entry = (symbol: string): Entry => this.quotes[symbol] ?? { code: 404, message: '**symbol** or **figi** parameter is missing or invalid.', status: 'error' };
      return symbols.length === 1 ? entry(symbols[0] ?? '') : Object.fromEntries(symbols.map((symbol) => [symbol, entry(symbol)]));
    }
    return url.pathname === '/time_series' ? { meta: {}, values: this.bars(url.searchParams), status: 'ok' } : null;
  }

  private bars(query: URLSearchParams): readonly unknown[] {
    const interval = { '1min': '1m', '1h': '1h', '1day': '1d' }[query.get('interval') ?? ''] ?? '1m';
    const start = query.get('start_date');
    const rows = this.klines(new URLSearchParams({ interval, limit: query.get('outputsize') ?? '30', ...(start ? { startTime: String(Date.parse(`${start}Z`)) } : {}) }), 'BTCUSDT') as readonly (readonly [number, ...string[]])[];
    return [...rows].reverse().map(([open, o, h, l, c, v]) => ({ datetime: stamp(open, interval === '1d'), open: o, high: h, low: l, close: c, volume: v }));
  }
}

function stamp(at: number, day: boolean): string {
  const text = new Date(at).toISOString();
  return day ? text.slice(0, 10) : text.slice(0, 19).replace('T', ' ');
}
