import type { OrderBookAnswer, QuotesAnswer } from '@/core/contract';
import { compareMarkets } from '@/core/market/compare';
import type { FastifyInstance } from 'fastify';
import { fail } from './failure';
import type { HttpPorts } from './ports';
import { ageOf, decimal, known, query, readClock, venueId, whole } from './query';

/** Routes of /api/v1 that read what single venues say: books, quotes, comparison. */
export function venueMarketRoutes(app: FastifyInstance, ports: HttpPorts): void {
  app.get('/api/v1/orderbook', (request, reply) => {
    const { symbol, venue, depth } = query(request);
    if (!known(ports, symbol)) return fail(reply, 'unknown_symbol');
    const count = whole(depth, 50, 5_000);
    const named = venueId(venue);
    if (count === null) return fail(reply, 'bad_request', 'depth is 1 to 5000');
    if (named === undefined) return fail(reply, 'bad_request', 'venue is the id of a venue');
    const shown = named ?? ports.market.bookVenue(symbol);
    return (shown === null ? null : readBook(ports, shown, symbol, count)) ?? fail(reply, 'not_found', `no order book of ${symbol}${named === null ? '' : ` from ${named}`}`);
  });
  app.get('/api/v1/quotes', (request, reply) => {
    const { symbol } = query(request);
    return known(ports, symbol) ? readQuotes(ports, symbol) : fail(reply, 'unknown_symbol');
  });
  app.get('/api/v1/compare', (request, reply) => {
    const { symbol, size } = query(request);
    if (!known(ports, symbol)) return fail(reply, 'unknown_symbol');
    const asked = decimal(size, '1');
    if (asked === null) return fail(reply, 'bad_request', 'size is a decimal number above 0');
    return compareMarkets(ports.market, { symbol, size: asked, ...readClock(ports), fees: ports.fees }) ?? fail(reply, 'unknown_symbol');
  });
}

/** One venue's book with its integrity; null when that venue has none. */
function readBook(ports: HttpPorts, venue: string, symbol: string, depth: number): OrderBookAnswer | null {
  const book = ports.market.book(venue, symbol, depth);
  return book && {
    symbol, venue, state: book.state, reason: book.reason, quality: book.kind, update_id: book.updateId, venue_time: book.venueTime, age_ms: ageOf(book.receiveTime, ports),
    levels: [...book.levels], bids: book.bids.map(([price, size]) => [price, size]), asks: book.asks.map(([price, size]) => [price, size]),
  };
}

function readQuotes(ports: HttpPorts, symbol: string): QuotesAnswer {
  const quotes = ports.market.venueQuotes(symbol).map((q) => ({
    venue: q.venue, price: q.last, bid: q.bid, ask: q.ask, bid_size: q.bidSize, ask_size: q.askSize, volume_24h: q.volume24h, quality: q.kind, route: q.route, state: q.state,
    activity: q.activity, per_minute: q.perMinute, usual_per_minute: q.usualPerMinute, leads: q.leads, venue_time: q.venueTime, age_ms: ageOf(q.receiveTime, ports), note: q.note,
  }));
  return { symbol, quotes };
}
