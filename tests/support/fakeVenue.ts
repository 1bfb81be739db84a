import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** One connection as the venue sees it. */
export interface FakeConnection {
  readonly socket: WebSocket;
  readonly streams: Set<string>;
  /** Control messages received, parsed. */
  readonly messages: { readonly method: string; readonly params: readonly string[]; readonly id: number }[];
  pongs: number;
}

export interface RestFault {
  readonly status: number;
  /** null = the right body, late or slowly. */
  readonly body: string | null;
  readonly headers?: Record<string, string>;
  /** Path part it applies to; all when absent. */
  readonly path?: string;
  /** Answer this many ms late. */
  readonly delayMs?: number;
  /** Slow-loris: the head comes at once, then a byte every so many ms; the end never comes. */
  readonly trickleMs?: number;
}

/** What the network does to one message on its way: nothing arrives, it arrives twice, or after the one that follows it. */
export type NetworkFault = 'lost' | 'duplicate' | 'reordered';

type Levels = readonly (readonly [string, string])[];

/**
 * A venue on loopback that speaks Binance's combined streams and REST, with switches for its faults. It sends nothing by
 * itself: a test says when.
 */
export class FakeVenue {
  readonly connections: FakeConnection[] = [];
  readonly handshakes: string[] = [];
  readonly restCalls: string[] = [];
  /** Symbols of exchangeInfo with their status. */
  listed: Record<string, { base: string; quote: string; status: string; tick: string; lot: string }> = {
    BTCUSDT: { base: 'BTC', quote: 'USDT', status: 'TRADING', tick: '0.01000000', lot: '0.00001000' },
    ETHUSDT: { base: 'ETH', quote: 'USDT', status: 'TRADING', tick: '0.01000000', lot: '0.00010000' },
  };
  /** Status with which handshakes are refused; null = accepted. */
  refuse: { readonly status: number; readonly retryAfter?: string } | null = null;
  /** Handshakes are answered only after this resolves. */
  handshakeGate: Promise<unknown> = Promise.resolve();
  /** Accepts connections but sends neither data nor acks. */
  mute = false;
  /** Acks wait this long; data may come before. */
  ackDelayMs = 0;
  /** Requests are answered with this error instead of an ack. */
  rejectSubscribe: { readonly code: number; readonly msg: string; readonly nested: boolean } | null = null;
  restFault: RestFault | null = null;
  /** REST requests are answered only after this resolves. */
  restGate: Promise<unknown> = Promise.resolve();
  /** Bodies of a recording by `/path` or `/path?symbol=X`; they go before what the venue makes up itself. */
  readonly recorded = new Map<string, string>();
  /** REST requests whose asker hung up before the end. */
  restAborted = 0;
  book: { lastUpdateId: number; bids: Levels; asks: Levels } = { lastUpdateId: 100, bids: [['99.00', '1']], asks: [['101.00', '1']] };
  /** Venue clock minus the real one, ms. */
  clockOffsetMs = 0;
  protected ids = 1_000;
  private readonly sockets = new Set<Socket>();
  private readonly network: NetworkFault[] = [];
  private readonly late = new Map<FakeConnection, string>();

  /** Use `start`. Other protocols extend this class and override `trade`, `quote`, `control` and `answer`. */
  constructor(
    private readonly server: Server,
    private readonly upgrades: WebSocketServer,
  ) {}

  static async start<V extends FakeVenue>(this: new (server: Server, upgrades: WebSocketServer) => V, port = 0): Promise<V> {
    const server = createServer();
    const venue = new this(server, new WebSocketServer({ noServer: true }));
    server.on('request', (request, response) => venue.rest(request, response));
    server.on('upgrade', (request, socket: Socket, head) => void venue.handshakeGate.then(() => venue.upgrade(request, socket, head)));
    server.on('connection', (socket) => {
      venue.sockets.add(socket);
      socket.on('close', () => venue.sockets.delete(socket));
      // A handshake that is refused has no other listener: its reset must not end the test.
      socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return venue;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}`;
  }
  get restUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  get open(): readonly FakeConnection[] {
    return this.connections.filter((c) => c.socket.readyState === c.socket.OPEN);
  }
  get now(): number {
    return Date.now() + this.clockOffsetMs;
  }
  get lastTradeId(): number {
    return this.ids;
  }

  async stop(): Promise<void> {
    for (const { socket } of this.connections) socket.terminate();
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Sends a text to every open connection, or to the one given, by way of the faulty network. */
  raw(text: string, to: readonly FakeConnection[] = this.open): void {
    if (to.length === 0) return;
    const fault = this.network.shift();
    for (const connection of to) {
      const { socket } = connection;
      const before = this.late.get(connection);
      this.late.delete(connection);
      if (fault === 'reordered') this.late.set(connection, text);
      else if (fault !== 'lost') socket.send(text);
      if (fault === 'duplicate') socket.send(text);
      if (before !== undefined) socket.send(before);
    }
  }

  /** The next messages meet these faults, one each; a reordered one comes after its follower. Acks are not touched. */
  onNetwork(...faults: readonly NetworkFault[]): void {
    this.network.push(...faults);
  }

  /** The symbol is no longer traded: the list says so from now on. */
  delist(venueSymbol: string): void {
    const facts = this.listed[venueSymbol];
    if (facts) this.listed[venueSymbol] = { ...facts, status: 'BREAK' };
  }

  /** Sends a payload to those who asked for the stream. */
  stream(name: string, data: object, to: readonly FakeConnection[] = this.open): void {
    if (this.mute) return;
    this.raw(JSON.stringify({ stream: name, data }), to.filter((c) => c.streams.has(name)));
  }

  trade(venueSymbol: string, price: string, id = (this.ids += 1), to: readonly FakeConnection[] = this.open): void {
    const at = this.now;
    this.stream(`${venueSymbol.toLowerCase()}@trade`, { e: 'trade', E: at, s: venueSymbol, t: id, p: price, q: '0.50000000', T: at, m: false, M: true }, to);
  }

  /** A trade of which some fields are other than a venue would write them. */
  oddTrade(venueSymbol: string, over: object): void {
    const at = this.now;
    this.stream(`${venueSymbol.toLowerCase()}@trade`, { e: 'trade', E: at, s: venueSymbol, t: (this.ids += 1), p: '100.00', q: '0.50000000', T: at, m: false, M: true, ...over });
  }

  quote(venueSymbol: string, bid: string, ask: string, u = (this.ids += 1)): void {
    this.stream(`${venueSymbol.toLowerCase()}@bookTicker`, { u, s: venueSymbol, b: bid, B: '1.00000000', a: ask, A: '2.00000000' });
  }

  ticker(venueSymbol: string, last: string): void {
    const data = { e: '24hrMiniTicker', E: this.now, s: venueSymbol, c: last, o: '90.00', h: '120.00', l: '80.00', v: '1000.00', q: '1.00' };
    this.stream(`${venueSymbol.toLowerCase()}@miniTicker`, data);
  }

  depth(venueSymbol: string, first: number, last: number, bids: Levels = [], asks: Levels = []): void {
    this.stream(`${venueSymbol.toLowerCase()}@depth@100ms`, { e: 'depthUpdate', E: this.now, s: venueSymbol, U: first, u: last, b: bids, a: asks });
  }

  /** The announcement that precedes the end of a connection. */
  announceShutdown(form: 'combined' | 'raw' = 'combined'): void {
    const event = { e: 'serverShutdown', E: this.now };
    this.raw(JSON.stringify(form === 'raw' ? event : { stream: '!serverShutdown', data: event }));
  }

  /** Ends every connection with a close frame. */
  close(code: number, reason = ''): void {
    for (const { socket } of this.open) socket.close(code, reason);
  }

  /** Cuts every connection without a word. */
  drop(): void {
    for (const { socket } of this.open) socket.terminate();
  }

  ping(): void {
    for (const { socket } of this.open) socket.ping('1723161255343');
  }

  /** Pings and cuts those who do not answer within `ms`, as venues do; resolves with the number cut. */
  async pingOrCut(ms: number): Promise<number> {
    const asked = this.open.map((connection) => ({ connection, pongs: connection.pongs }));
    this.ping();
    await new Promise((resolve) => setTimeout(resolve, ms));
    const deaf = asked.filter(({ connection, pongs }) => connection.pongs === pongs && connection.socket.readyState === connection.socket.OPEN);
    for (const { connection } of deaf) connection.socket.terminate();
    return deaf.length;
  }

  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.handshakes.push(request.url ?? '');
    if (this.refuse) {
      const { status, retryAfter } = this.refuse;
      const more = retryAfter === undefined ? '' : `Retry-After: ${retryAfter}\r\n`;
      socket.end(`HTTP/1.1 ${status} Refused\r\n${more}Content-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    this.upgrades.handleUpgrade(request, socket, head, (ws) => {
      const streams = new URL(request.url ?? '/', 'http://venue').searchParams.get('streams')?.split('/') ?? [];
      const connection: FakeConnection = { socket: ws, streams: new Set(streams), messages: [], pongs: 0 };
      ws.on('message', (data) => this.control(connection, String(data)));
      ws.on('pong', () => (connection.pongs += 1));
      ws.on('error', () => ws.terminate());
      this.connections.push(connection);
    });
  }

  protected control(connection: FakeConnection, text: string): void {
    const message = JSON.parse(text) as FakeConnection['messages'][number];
    connection.messages.push(message);
    if (this.mute) return;
    if (this.rejectSubscribe) {
      const { nested, ...error } = this.rejectSubscribe;
      return void connection.socket.send(JSON.stringify(nested ? { error, id: message.id } : { ...error, id: message.id }));
    }
    for (const stream of message.params) {
      if (message.method === 'SUBSCRIBE') connection.streams.add(stream);
      else connection.streams.delete(stream);
    }
    const ack = () => connection.socket.send(JSON.stringify({ result: null, id: message.id }));
    if (this.ackDelayMs > 0) setTimeout(ack, this.ackDelayMs);
    else ack();
  }

  private rest(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://venue');
    this.restCalls.push(request.url ?? '');
    const fault = this.restFault;
    response.on('close', () => (this.restAborted += response.writableFinished ? 0 : 1));
    if (!fault || !url.pathname.includes(fault.path ?? '')) return void this.restGate.then(() => this.reply(response, url));
    setTimeout(() => {
      if (fault.trickleMs !== undefined) return trickle(response, fault, fault.trickleMs);
      if (fault.body === null) return this.reply(response, url);
      response.writeHead(fault.status, fault.headers).end(fault.body);
    }, fault.delayMs ?? 0);
  }

  private reply(response: ServerResponse, url: URL): void {
    const head = { 'content-type': 'application/json', 'x-mbx-used-weight-1m': '10' };
    const recorded = this.recorded.get(`${url.pathname}?symbol=${url.searchParams.get('symbol')}`) ?? this.recorded.get(url.pathname);
    if (recorded !== undefined) return void response.writeHead(200, head).end(recorded);
    const answer = this.answer(url);
    response.writeHead(answer === null ? 404 : 'code' in answer && typeof answer.code === 'number' ? 400 : 200, head);
    response.end(JSON.stringify(answer));
  }

  protected answer(url: URL): object | null {
    const symbol = url.searchParams.get('symbol') ?? '';
    if (url.pathname === '/api/v3/depth') return this.book;
    if (url.pathname === '/api/v3/ticker/24hr') return this.dayStatistics(JSON.parse(url.searchParams.get('symbols') ?? '[]') as string[]);
    if (url.pathname === '/api/v3/klines') return this.klines(url.searchParams, symbol);
    if (url.pathname !== '/api/v3/exchangeInfo') return null;
    const wanted = JSON.parse(url.searchParams.get('symbols') ?? '[]') as string[];
    if (wanted.some((s) => !this.listed[s])) return { code: -1121, msg: 'Invalid symbol.' };
    const symbols = wanted.map((s) => {
      const { base = '', quote = '', status = '', tick = '', lot = '' } = this.listed[s] ?? {};
      const filters = [{ filterType: 'PRICE_FILTER', tickSize: tick }, { filterType: 'LOT_SIZE', stepSize: lot }];
      return { symbol: s, status, baseAsset: base, quoteAsset: quote, filters };
    });
    return { timezone: 'UTC', symbols };
  }

  /** Last price 100 for each, as the venue's 24 h statistics tell it. */
  private dayStatistics(symbols: readonly string[]): object {
    if (symbols.some((s) => !this.listed[s])) return { code: -1121, msg: 'Invalid symbol.' };
    return symbols.map((symbol) => ({
      symbol, priceChange: '10.00', lastPrice: '100.00', bidPrice: '99.00', bidQty: '1.00', askPrice: '101.00', askQty: '2.00',
      openPrice: '90.00', highPrice: '120.00', lowPrice: '80.00', volume: '1000.00', quoteVolume: '1.00', openTime: this.now - 86_400_000, closeTime: this.now, count: 5,
    }));
  }

  /** Rows up to now: from `startTime`, or the newest `limit`. The open price tells the minute. */
  protected klines(query: URLSearchParams, symbol: string): readonly unknown[] {
    if (!this.listed[symbol]) return [];
    const step = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 }[query.get('interval') ?? ''] ?? 60_000;
    const limit = Math.min(1_000, Number(query.get('limit') ?? 500));
    const newest = Math.floor(this.now / step) * step;
    const start = query.has('startTime') ? Math.ceil(Number(query.get('startTime')) / step) * step : newest - (limit - 1) * step;
    const rows: unknown[] = [];
    for (let open = start; open <= newest && rows.length < limit; open += step) {
      rows.push([open, '100.00', '102.00', '99.00', '101.00', '5.00', open + step - 1, '500.00', 7, '2.00', '200.00', '0']);
    }
    return rows;
  }
}

function trickle(response: ServerResponse, fault: RestFault, everyMs: number): void {
  response.writeHead(fault.status, fault.headers).write(fault.body?.[0] ?? '[');
  const timer = setInterval(() => response.write(' '), everyMs);
  response.on('close', () => clearInterval(timer));
}
