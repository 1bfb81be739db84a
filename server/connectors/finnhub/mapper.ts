import type { DataKind, Route } from '@/core/contract';
import type { BadInputEvent, EventOrigin, TickerEvent, TradeEvent } from '@/core/market/events';
import { isRecord, parseJson } from '../base/json';
import { numberText, secondsToMs } from '../base/jsonNumber';
import { errorWords, isFinnhubQuote, type FinnhubFields } from './raw';

export interface FinnhubBad {
  readonly type: 'bad';
  readonly code: BadInputEvent['code'];
  readonly symbol: string | null;
  readonly detail: string;
}
export interface FinnhubRow {
  readonly type: 'row';
  readonly venueSymbol: string;
  readonly event: TradeEvent | TickerEvent;
}
export type FinnhubMapped =
  | { readonly type: 'rows'; readonly rows: readonly (FinnhubRow | FinnhubBad)[] }
  | { readonly type: 'ping' }
  | { readonly type: 'error'; readonly words: string }
  | FinnhubBad;

export interface FinnhubMapperOptions {
  readonly kind: DataKind;
  readonly route: Route;
  /** Canonical symbol of Finnhub's name; null when it is not wanted. */
  readonly symbolOf: (venueSymbol: string) => string | null;
}

/** Rows remembered to number those of one millisecond; older ones are not met again. */
const MAX_ROWS = 20_000;
const NOTHING = { open24h: null, high24h: null, low24h: null, volume24h: null } as const;

/**
 * Turns frames into events. Trades have no id, so one is made of what the venue gives: time, price, size, and a running number
 * among equal rows of that millisecond. The same rows sent again on a new connection get the same ids, so that the engine drops
 * them; equal rows of one connection are trades of their own.
 */
export class FinnhubMapper {
  private readonly numbers = new Map<string, number>();

  constructor(private readonly options: FinnhubMapperOptions) {}

  /** A new connection: rows are numbered anew. */
  connected(): void {
    this.numbers.clear();
  }

  map(raw: string, at: number): FinnhubMapped {
    const frame = parseJson(raw);
    if (frame === undefined) return bad('bad_json', null, `not JSON: ${raw.slice(0, 60)}`);
    if (!isRecord(frame)) return bad('bad_payload', null, 'not an object');
    switch (frame.type) {
      case 'trade':
        if (!Array.isArray(frame.data)) return bad('bad_payload', null, 'trade without data');
        return { type: 'rows', rows: (frame.data as readonly unknown[]).map((row) => this.row(row, at)) };
      case 'ping':
        return { type: 'ping' };
      case 'error':
        return { type: 'error', words: errorWords(frame) };
      default:
        return bad('unknown_type', null, `a message with the keys ${Object.keys(frame).slice(0, 8).join(', ')}`);
    }
  }

  /** Body of REST `/quote`. The statistics in it are of the trading day, not of 24 hours, and are left out. */
  quote(body: unknown, venueSymbol: string, at: number): TickerEvent | 'unknown' | FinnhubBad {
    const symbol = this.options.symbolOf(venueSymbol);
    if (symbol === null) return bad('unknown_symbol', null, `quote of ${venueSymbol.slice(0, 24)}`);
    if (!isFinnhubQuote(body)) return bad('bad_payload', symbol, `quote: ${JSON.stringify(body)?.slice(0, 120) ?? ''}`);
    const last = numberText(body.c);
    if (body.c === 0 && body.t === 0) return 'unknown';
    if (last === null || body.c === 0) return bad('bad_number', symbol, `quote: price ${body.c}`);
    const route = this.options.route === 'socket' ? 'rest' : this.options.route;
    return { type: 'ticker', ...this.origin(symbol, secondsToMs(body.t), at), route, last, ...NOTHING };
  }

  private row(f: unknown, at: number): FinnhubRow | FinnhubBad {
    if (!isRecord(f) || typeof f.s !== 'string') return bad('bad_payload', null, 'trade: a row without symbol');
    const symbol = this.options.symbolOf(f.s);
    if (symbol === null) return bad('unknown_symbol', null, `trade of ${f.s.slice(0, 24)}`);
    if (!('p' in f) || !('v' in f) || typeof f.t !== 'number' || !Number.isSafeInteger(f.t) || f.t <= 0) return refuse('bad_payload', symbol, f);
    const price = numberText(f.p);
    const size = numberText(f.v);
    if (price === null || size === null || Number(price) === 0) return refuse('bad_number', symbol, f);
    const origin = this.origin(symbol, f.t, at);
    if (Number(size) === 0) return { type: 'row', venueSymbol: f.s, event: { type: 'ticker', ...origin, last: price, ...NOTHING } };
    return { type: 'row', venueSymbol: f.s, event: { type: 'trade', ...origin, id: this.idOf(f.s, f.t, price, size), price, size, side: 'unknown' } };
  }

  private idOf(venueSymbol: string, time: number, price: string, size: string): string {
    const row = `${time}-${price}-${size}`;
    const key = `${venueSymbol} ${row}`;
    const number = (this.numbers.get(key) ?? 0) + 1;
    this.numbers.delete(key);
    this.numbers.set(key, number);
    if (this.numbers.size > MAX_ROWS) for (const oldest of this.numbers.keys()) if (this.numbers.delete(oldest)) break;
    return `${row}-${number}`;
  }

  private origin(symbol: string, venueTime: number | null, receiveTime: number): EventOrigin {
    return { venue: 'finnhub', kind: this.options.kind, route: this.options.route, symbol, venueTime, receiveTime };
  }
}

function bad(code: BadInputEvent['code'], symbol: string | null, detail: string): FinnhubBad {
  return { type: 'bad', code, symbol, detail };
}

function refuse(code: 'bad_number' | 'bad_payload', symbol: string, f: FinnhubFields): FinnhubBad {
  return bad(code, symbol, `trade: ${JSON.stringify(f).slice(0, 160)}`);
}
