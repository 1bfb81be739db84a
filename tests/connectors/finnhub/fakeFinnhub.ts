import { FakeVenue, type FakeConnection } from '../../support/fakeVenue';

interface Row {
  readonly p: number;
  readonly s: string;
  readonly t: number;
  readonly v: number;
  readonly c: readonly string[] | null;
}

/**
 * The fake venue in Finnhub's protocol: one symbol a frame, no acks, `50` symbols, one connection a key, errors in words. The number
 * of a price is its volume, since the venue numbers nothing.
 */
export class FakeFinnhub extends FakeVenue {
  /** Symbols beyond these are refused and stay silent. */
  maxSymbols = 50;
  quotes: Record<string, { c: number; t: number }> = {};
  readonly keysSeen: string[] = [];

  static readonly nameOf = (venueSymbol: string): string => (venueSymbol.endsWith('USDT') ? `BINANCE:${venueSymbol}` : venueSymbol);

  rows(rows: readonly Row[], to: readonly FakeConnection[] = this.open): void {
    if (this.mute) return;
    for (const connection of to) {
      const data = rows.filter((row) => connection.streams.has(row.s));
      if (data.length > 0) this.raw(JSON.stringify({ data, type: 'trade' }), [connection]);
    }
  }

  override trade(venueSymbol: string, price: string, id = (this.ids += 1), to: readonly FakeConnection[] = this.open): void {
    this.rows([{ c: ['1', '12'], p: Number(price), s: FakeFinnhub.nameOf(venueSymbol), t: this.now, v: id }], to);
  }

  protected override control(connection: FakeConnection, text: string): void {
    const { type, symbol } = JSON.parse(text) as { type: string; symbol: string };
    connection.messages.push({ method: type, params: [symbol], id: 0 });
    if (this.mute) return;
    const say = (msg: string) => connection.socket.send(JSON.stringify({ type: 'error', msg }));
    if (this.rejectSubscribe) return say(this.rejectSubscribe.msg);
    if (type !== 'subscribe') connection.streams.delete(symbol);
    else if (connection.streams.size >= this.maxSymbols) say('Subscribing to too many symbols');
    else connection.streams.add(symbol);
  }

  protected override answer(url: URL): object | null {
    if (url.pathname !== '/api/v1/quote') return null;
    const known = this.quotes[url.searchParams.get('symbol') ?? ''];
    return known ? { c: known.c, d: -1.2, dp: -0.46, h: 263.31, l: 260.68, o: 261.07, pc: 259.45, t: known.t } : { c: 0, d: null, dp: null, h: 0, l: 0, o: 0, pc: 0, t: 0 };
  }
}
