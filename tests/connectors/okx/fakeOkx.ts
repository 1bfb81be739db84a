import { okxChecksum } from '../../../server/connectors/okx/book';
import { FakeVenue, type FakeConnection } from '../../support/fakeVenue';

type Side = readonly (readonly [string, string])[];
interface Request {
  readonly op: string;
  readonly args: readonly { readonly channel: string; readonly instId: string }[];
}

const CHANNELS: Readonly<Record<string, string>> = { trade: 'trades', bookTicker: 'bbo-tbt', miniTicker: 'tickers', 'depth@100ms': 'books', kline_1m: 'candle1m' };
const streamOf = (channel: string): string => Object.keys(CHANNELS).find((name) => CHANNELS[name] === channel) ?? channel;
const instIdOf = (venueSymbol: string): string => venueSymbol.replace(/USDT$/, '-USDT');
const rows = (side: Side): readonly (readonly string[])[] => side.map(([price, size]) => [price, size, '0', '1']);

/**
 * The fake venue in OKX's v5 protocol: one ack per argument, text heartbeat, errors inside HTTP 200, books with `seqId`. Streams
 * are noted under the names of the base class (`btcusdt@trade`) and symbols named as there (`BTCUSDT`).
 */
export class FakeOkx extends FakeVenue {
  /** Books begin with a snapshot, as they did in 2026-09; otherwise with an update, as announced. */
  snapshots = false;
  /** The text `ping` is not answered. */
  deaf = false;
  pings = 0;
  readonly asked: Request[] = [];

  override trade(venueSymbol: string, price: string, id = (this.ids += 1), to: readonly FakeConnection[] = this.open): void {
    const row = { instId: instIdOf(venueSymbol), tradeId: String(id), px: price, sz: '0.5', side: 'buy', ts: String(this.now), count: '1', source: '0', seqId: id };
    this.push(venueSymbol, 'trades', { data: [row] }, to);
  }

  override quote(venueSymbol: string, bid: string, ask: string, seqId = (this.ids += 1)): void {
    this.push(venueSymbol, 'bbo-tbt', { data: [{ asks: rows([[ask, '2']]), bids: rows([[bid, '1']]), ts: String(this.now), seqId }] });
  }

  override ticker(venueSymbol: string, last: string): void {
    const row = { instType: 'SPOT', instId: instIdOf(venueSymbol), last, lastSz: '1', askPx: '101', askSz: '1', bidPx: '99', bidSz: '1', open24h: '90', high24h: '120', low24h: '80', vol24h: '1000', volCcy24h: '1', ts: String(this.now) };
    this.push(venueSymbol, 'tickers', { data: [row] });
  }

  override depth(venueSymbol: string, first: number, last: number, bids: Side = [], asks: Side = [], checksum = 0): void {
    const data = [{ asks: rows(asks), bids: rows(bids), ts: String(this.now), checksum, prevSeqId: first - 1, seqId: last }];
    this.push(venueSymbol, 'books', { action: 'update', data });
  }

  candle(venueSymbol: string, openTime: number, close: string, confirm: '0' | '1'): void {
    this.push(venueSymbol, 'candle1m', { data: [[String(openTime), '100', '102', '99', close, '5', '500', '500', confirm]] });
  }

  override announceShutdown(): void {
    this.raw('{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. Please reconnect.","connId":"a4d3ae55"}');
  }

  bookSnapshot(venueSymbol: string, to: readonly FakeConnection[] = this.open): void {
    const { bids, asks, lastUpdateId } = this.book;
    const checksum = okxChecksum(bids, asks);
    this.push(venueSymbol, 'books', { action: 'snapshot', data: [{ asks: rows(asks), bids: rows(bids), ts: String(this.now), checksum, prevSeqId: -1, seqId: lastUpdateId }] }, to);
  }

  protected override control(connection: FakeConnection, text: string): void {
    if (text === 'ping') {
      this.pings += 1;
      if (!this.mute && !this.deaf) connection.socket.send('pong');
      return;
    }
    const request = JSON.parse(text) as Request;
    this.asked.push(request);
    connection.messages.push({ method: request.op, params: request.args.map((a) => a.instId), id: 0 });
    if (this.mute) return;
    if (this.rejectSubscribe) return void connection.socket.send(JSON.stringify({ event: 'error', code: '60012', msg: this.rejectSubscribe.msg, connId: 'a4d3ae55' }));
    for (const arg of request.args) this.perform(connection, request.op, arg);
  }

  protected override answer(url: URL): object | null {
    const instId = url.searchParams.get('instId') ?? '';
    const ok = (data: readonly unknown[]) => ({ msg: '', data, code: '0' });
    switch (url.pathname) {
      case '/api/v5/public/instruments':
        return ok(Object.values(this.listed).map(({ base, quote, status, tick, lot }) => {
          const state = status === 'TRADING' ? 'live' : 'suspend';
          return { instType: 'SPOT', instId: `${base}-${quote}`, baseCcy: base, quoteCcy: quote, state, tickSz: tick, lotSz: lot };
        }));
      case '/api/v5/market/tickers':
        return ok(Object.values(this.listed).map(({ base, quote }) => ({
          instType: 'SPOT', instId: `${base}-${quote}`, last: '100', lastSz: '1', askPx: '101', askSz: '2', bidPx: '99', bidSz: '1', open24h: '90', high24h: '120', low24h: '80', vol24h: '1000', volCcy24h: '1', ts: String(this.now),
        })));
      case '/api/v5/market/books':
        return ok([{ asks: rows(this.book.asks), bids: rows(this.book.bids), ts: String(this.now), seqId: this.book.lastUpdateId }]);
      case '/api/v5/market/candles':
      case '/api/v5/market/history-candles':
        return ok(this.candleRows(url.searchParams, instId.replace('-', '')));
      default:
        return null;
    }
  }

  private candleRows(query: URLSearchParams, venueSymbol: string): readonly unknown[] {
    const interval = { '1m': '1m', '1H': '1h', '1Dutc': '1d' }[query.get('bar') ?? ''] ?? '1m';
    const all = this.klines(new URLSearchParams({ interval, limit: '1000' }), venueSymbol) as readonly (readonly [number, ...string[]])[];
    const newest = all.at(-1)?.[0];
    const newerThan = Number(query.get('before') ?? -1);
    const olderThan = Number(query.get('after') ?? Infinity);
    const limit = Math.min(300, Number(query.get('limit') ?? 100));
    return all.filter(([open]) => open > newerThan && open < olderThan).slice(-limit).reverse()
      .map(([open, o, h, l, c, v]) => [String(open), o, h, l, c, v, '500', '500', open === newest ? '0' : '1']);
  }

  private perform(connection: FakeConnection, op: string, arg: Request['args'][number]): void {
    const venueSymbol = arg.instId.replace('-', '');
    if (!this.listed[venueSymbol]) {
      const msg = `Wrong URL or channel:${arg.channel},instId:${arg.instId} doesn't exist. Please use the correct URL, channel and parameters.`;
      return void connection.socket.send(JSON.stringify({ event: 'error', msg, code: '60018', connId: 'a4d3ae55' }));
    }
    const stream = `${venueSymbol.toLowerCase()}@${streamOf(arg.channel)}`;
    if (op === 'subscribe') connection.streams.add(stream);
    else connection.streams.delete(stream);
    const ack = () => connection.socket.send(JSON.stringify({ event: op, arg, connId: 'a4d3ae55' }));
    if (this.ackDelayMs > 0) setTimeout(ack, this.ackDelayMs);
    else ack();
    if (op === 'subscribe' && arg.channel === 'books' && this.snapshots) this.bookSnapshot(venueSymbol, [connection]);
  }

  private push(venueSymbol: string, channel: string, message: object, to: readonly FakeConnection[] = this.open): void {
    if (this.mute) return;
    const text = JSON.stringify({ arg: { channel, instId: instIdOf(venueSymbol) }, ...message });
    this.raw(text, to.filter((c) => c.streams.has(`${venueSymbol.toLowerCase()}@${streamOf(channel)}`)));
  }
}
