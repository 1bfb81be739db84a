import { KrakenBookSequencer, krakenChecksum } from '../../../server/connectors/kraken/book';
import type { LevelChange } from '@/core/market/events';
import { FakeVenue, type FakeConnection } from '../../support/fakeVenue';

type Side = readonly LevelChange[];
interface Request {
  readonly method: string;
  readonly params?: { readonly channel: string; readonly symbol?: readonly string[]; readonly depth?: number };
  readonly req_id?: number;
}

const named = (venueSymbol: string): string => venueSymbol.replace(/USDT$/, '/USDT');
const levels = (side: Side): string => `[${side.map(([price, qty]) => `{"price":${price},"qty":${qty}}`).join(',')}]`;

/**
 * The fake venue in Kraken's WebSocket v2 and REST: one answer per symbol, instrument list on the socket, prices as JSON numbers
 * with their trailing zeros, books with checksums. Symbols are named as in the base class (`BTCUSDT`).
 */
export class FakeKraken extends FakeVenue {
  /** Texts of messages received, by connection, newest last. */
  readonly asked: Request[] = [];
  /** The instrument list is not sent. */
  withoutList = false;
  /** Adds this to every checksum. */
  checksumError = 0;
  /** The first book snapshot comes without a checksum. */
  bareSnapshot = false;
  /** What a book subscription begins with. */
  levels: { bids: Side; asks: Side } = { bids: [['99.00', '1.00000000']], asks: [['101.00', '1.00000000']] };
  private readonly current = new KrakenBookSequencer(10);

  override trade(venueSymbol: string, price: string, id = (this.ids += 1), to: readonly FakeConnection[] = this.open): void {
    this.data(venueSymbol, 'trade', `"side":"buy","price":${price},"qty":0.50000000,"ord_type":"limit","trade_id":${id},"timestamp":"${this.time()}"`, { to });
  }

  override quote(venueSymbol: string, bid: string, ask: string): void {
    const rest = '"last":100.00,"volume":1000.00000000,"vwap":100.0,"low":80.00,"high":120.00,"change":10.00,"change_pct":11.11,"trades":47536';
    this.data(venueSymbol, 'ticker', `"bid":${bid},"bid_qty":1.00000000,"ask":${ask},"ask_qty":2.00000000,${rest},"timestamp":"${this.time()}"`);
  }

  candle(venueSymbol: string, openTime: number, close: string): void {
    const begin = new Date(openTime).toISOString().replace('Z', '000000Z');
    this.data(venueSymbol, 'ohlc', `"open":100.00,"high":102.00,"low":99.00,"close":${close},"trades":7,"volume":5.00000000,"vwap":100.5,"interval_begin":"${begin}","interval":1`);
  }

  /** Changes the book and sends the change; `hidden` = the message is lost on the way. */
  bookUpdate(venueSymbol: string, bids: Side, asks: Side, hidden = false): void {
    this.current.message({ snapshot: false, bids, asks, checksum: null, time: null });
    if (!hidden) this.bookMessage(venueSymbol, 'update', bids, asks);
  }

  bookSnapshot(venueSymbol: string, to: readonly FakeConnection[] = this.open): void {
    this.current.message({ snapshot: true, ...this.levels, checksum: null, time: null });
    this.bookMessage(venueSymbol, 'snapshot', this.levels.bids, this.levels.asks, to);
  }

  /** The list on the socket says it at once. */
  override delist(venueSymbol: string): void {
    super.delist(venueSymbol);
    const { base, quote, tick, lot } = this.listed[venueSymbol] ?? { base: '', quote: '', tick: '1', lot: '1' };
    const pair = { symbol: named(venueSymbol), base, quote, status: 'delisted', price_increment: Number(tick), qty_increment: Number(lot) };
    this.raw(JSON.stringify({ channel: 'instrument', type: 'update', data: { assets: [], pairs: [pair] } }));
  }

  status(system: string): void {
    this.raw(`{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"${system}","api_version":"v2","connection_id":17408390984690501469}]}`);
  }

  protected override control(connection: FakeConnection, text: string): void {
    const request = JSON.parse(text) as Request;
    const { method, params, req_id: id = 0 } = request;
    this.asked.push(request);
    connection.messages.push({ method, params: [...(params?.symbol ?? [])], id });
    if (this.mute || !params) return method === 'ping' && !this.mute ? connection.socket.send(`{"method":"pong","req_id":${id}}`) : undefined;
    if (params.channel === 'instrument') return this.withoutList ? undefined : this.list(connection);
    for (const symbol of params.symbol ?? []) this.answer1(connection, request, params.channel, symbol, id);
  }

  protected override answer(url: URL): object | null {
    if (url.pathname === '/0/public/Ticker') return this.tickers(url.searchParams.get('pair'));
    if (url.pathname !== '/0/public/OHLC') return null;
    const minutes = Number(url.searchParams.get('interval') ?? 1);
    const interval = minutes === 1 ? '1m' : minutes === 60 ? '1h' : '1d';
    const query = new URLSearchParams({ interval, limit: '720' });
    const since = url.searchParams.get('since');
    if (since !== null) query.set('startTime', String(Number(since) * 1_000));
    const name = url.searchParams.get('pair') ?? '';
    const rows = this.klines(query, name.replace('XBT', 'BTC')).map((row) => {
      const [open, o, h, l, c, v] = row as readonly [number, string, string, string, string, string];
      return [open / 1_000, o, h, l, c, '100.5', v, 7];
    });
    return { error: [], result: { [`X${name}`]: rows, last: 0 } };
  }

  /** All pairs when none are named; the names of the answer are the venue's own. */
  private tickers(pairs: string | null): object {
    const known = Object.keys(this.listed).map((name) => name.replace('BTC', 'XBT'));
    const wanted = pairs?.split(',') ?? known;
    if (wanted.some((name) => !known.includes(name))) return { error: ['EQuery:Unknown asset pair'] };
    const entry = { a: ['101.00', '1', '2.000'], b: ['99.00', '1', '1.000'], c: ['100.00', '0.5'], v: ['10.0', '1000.0'], p: ['100.0', '100.0'], t: [35, 3_276], l: ['90.00', '80.00'], h: ['110.00', '120.00'], o: '95.00' };
    return { error: [], result: Object.fromEntries(wanted.map((name) => [name, entry])) };
  }

  /** A change of the instrument list. */
  listChange(venueSymbol: string, status: string): void {
    const { base, quote, tick, lot } = this.listed[venueSymbol] ?? { base: '', quote: '', tick: '1', lot: '1' };
    const pair = { symbol: named(venueSymbol), base, quote, status, price_increment: Number(tick), qty_increment: Number(lot) };
    this.raw(JSON.stringify({ channel: 'instrument', type: 'update', data: { assets: [], pairs: [pair] } }));
  }

  private answer1(connection: FakeConnection, { method }: Request, channel: string, symbol: string, id: number): void {
    const venueSymbol = symbol.replace('/', '');
    const refuse = (words: string) => connection.socket.send(JSON.stringify({ error: words, method, success: false, symbol, req_id: id }));
    if (!this.listed[venueSymbol]) return refuse(`Currency pair not supported ${symbol}`);
    if (this.rejectSubscribe) return refuse(this.rejectSubscribe.msg);
    const stream = `${venueSymbol.toLowerCase()}@${channel}`;
    if (method === 'unsubscribe') connection.streams.delete(stream);
    else if (connection.streams.has(stream)) return refuse('Already subscribed');
    else connection.streams.add(stream);
    const ack = () => connection.socket.send(JSON.stringify({ method, result: { channel, snapshot: true, symbol, ...(channel === 'book' ? { depth: 10 } : {}) }, success: true, req_id: id }));
    if (this.ackDelayMs > 0) setTimeout(ack, this.ackDelayMs);
    else ack();
    if (method === 'subscribe' && channel === 'book') this.bookSnapshot(venueSymbol, [connection]);
  }

  private list(connection: FakeConnection): void {
    const pairs = Object.entries(this.listed).map(([venueSymbol, { base, quote, status, tick, lot }]) => {
      const facts = { base, quote, status: status === 'TRADING' ? 'online' : 'delisted', price_increment: Number(tick), qty_increment: Number(lot) };
      return { symbol: named(venueSymbol), ...facts };
    });
    connection.socket.send(JSON.stringify({ channel: 'instrument', type: 'snapshot', data: { assets: [], pairs } }));
  }

  private bookMessage(venueSymbol: string, type: 'snapshot' | 'update', bids: Side, asks: Side, to: readonly FakeConnection[] = this.open): void {
    const held = this.current.top(10);
    const bare = type === 'snapshot' && this.bareSnapshot;
    const checksum = bare ? '' : `"checksum":${(krakenChecksum(held.bids, held.asks) + this.checksumError) % 2 ** 32},`;
    this.data(venueSymbol, 'book', `"bids":${levels(bids)},"asks":${levels(asks)},${checksum}"timestamp":"${this.time()}"`, { to, type });
  }

  private data(venueSymbol: string, channel: string, fields: string, { to = this.open, type = 'update' }: { to?: readonly FakeConnection[]; type?: string } = {}): void {
    if (this.mute) return;
    const stream = `${venueSymbol.toLowerCase()}@${channel}`;
    this.raw(`{"channel":"${channel}","type":"${type}","data":[{"symbol":"${named(venueSymbol)}",${fields}}]}`, to.filter((c) => c.streams.has(stream)));
  }

  private time(): string {
    return new Date(this.now).toISOString().replace('Z', '000Z');
  }
}
