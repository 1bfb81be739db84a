import { bookFrames } from '../kraken/oracle';
import { readRecordingLines } from '../../support/venuePlayer';
import { ReferenceBook, type Level, type Levels } from './reference';

export type VenueId = 'binance' | 'okx' | 'coinbase' | 'kraken';

/** One message of a recording and what it does to a book; `change` is null when it does nothing. */
export interface Step {
  readonly raw: string;
  readonly symbol: string | null;
  readonly snapshot: boolean;
  readonly change: Levels | null;
  /** Last update id (Binance). */
  readonly id: number;
  /** The venue's own time text (Kraken). */
  readonly time: string | null;
}

/** A recording as what the venue said and what its books were after each message. */
export interface Course {
  readonly venue: VenueId;
  readonly symbols: readonly string[];
  readonly steps: readonly Step[];
  /** Binance: the REST snapshot that the stream continues. */
  readonly start: { readonly id: number; readonly levels: Levels } | null;
  /** Levels a side that the venue keeps telling about. */
  readonly kept: number;
  /** Levels a side that the venue's rule proves, and that are compared. */
  readonly judged: number;
  /** By symbol: the best `judged` levels after each step, as text. */
  readonly tops: ReadonlyMap<string, readonly string[]>;
}

interface Raw {
  readonly data?: { readonly e?: string; readonly U: number; readonly u: number; readonly b: Level[]; readonly a: Level[] } | readonly { readonly bids: readonly string[][]; readonly asks: readonly string[][] }[];
  readonly lastUpdateId?: number; readonly bids?: Level[]; readonly asks?: Level[];
  readonly arg?: { readonly channel: string; readonly instId: string }; readonly action?: string;
  readonly channel?: string; readonly events?: readonly { readonly type: string; readonly product_id?: string; readonly updates?: readonly { side: string; price_level: string; new_quantity: string }[] }[];
}

const NONE = { symbol: null, snapshot: false, change: null, id: 0, time: null };
const two = (rows: readonly string[][]): Level[] => rows.map(([price = '', size = '']) => [price, size]);

function binanceSteps(lines: ReturnType<typeof readRecordingLines>): Pick<Course, 'steps' | 'start'> {
  const body = JSON.parse(lines.find((l) => l.t === 'http')?.raw ?? '{}') as Raw;
  const id = body.lastUpdateId ?? 0;
  const steps = lines.flatMap(({ t, raw }): Step[] => {
    const data = t === 'recv' ? (JSON.parse(raw) as Raw).data : undefined;
    if (data === undefined || !('u' in data) || data.e !== 'depthUpdate' || data.u <= id) return [];
    return [{ ...NONE, raw, symbol: 'BTC/USDT', change: { bids: data.b, asks: data.a }, id: data.u }];
  });
  return { steps, start: { id, levels: { bids: body.bids ?? [], asks: body.asks ?? [] } } };
}

function okxStep(raw: string): Step[] {
  const frame = JSON.parse(raw) as Raw;
  const data = Array.isArray(frame.data) ? (frame.data as readonly { bids: string[][]; asks: string[][] }[])[0] : undefined;
  if (frame.arg?.channel !== 'books' || !data) return [];
  return [{ ...NONE, raw, symbol: 'BTC/USDT', snapshot: frame.action === 'snapshot', change: { bids: two(data.bids), asks: two(data.asks) } }];
}

/** Every frame counts, since all are numbered together. */
function coinbaseStep(raw: string): Step[] {
  const frame = JSON.parse(raw) as Raw;
  const event = frame.channel === 'l2_data' ? frame.events?.[0] : undefined;
  if (!event) return [{ ...NONE, raw }];
  if (frame.events?.length !== 1) throw new Error('a book frame with several events');
  const side = (name: string) => (event.updates ?? []).filter((u) => (u.side === 'bid') === (name === 'bid')).map((u): Level => [u.price_level, u.new_quantity]);
  return [{ ...NONE, raw, symbol: (event.product_id ?? '').replace('-', '/'), snapshot: event.type === 'snapshot', change: { bids: side('bid'), asks: side('offer') } }];
}

function krakenStep(raw: string): Step[] {
  const frames = bookFrames(raw);
  if (frames.length > 1) throw new Error('a book message with several symbols');
  return frames.map(({ symbol, snapshot, bids, asks, timestamp }) => ({ ...NONE, raw, symbol, snapshot, change: { bids, asks }, time: timestamp }));
}

/** Reads a recording and computes its books with exact texts and nothing of the product. */
export function readCourse(venue: VenueId, path: string, kept: number, judged: number): Course {
  const lines = readRecordingLines(path);
  const each = { okx: okxStep, coinbase: coinbaseStep, kraken: krakenStep };
  const { steps, start } = venue === 'binance' ? binanceSteps(lines) : { steps: lines.flatMap(({ t, raw }) => (t === 'recv' ? each[venue](raw) : [])), start: null };
  const symbols = [...new Set(steps.flatMap((s) => s.symbol ?? []))];
  const books = new Map(symbols.map((symbol) => [symbol, new ReferenceBook(kept)]));
  if (start) books.get('BTC/USDT')?.replace(start.levels);
  const tops = new Map<string, string[]>(symbols.map((symbol) => [symbol, []]));
  for (const step of steps) {
    move(books, step);
    for (const [symbol, texts] of tops) texts.push(step.symbol === symbol || texts.length === 0 ? JSON.stringify(books.get(symbol)?.top(judged)) : (texts.at(-1) ?? ''));
  }
  return { venue, symbols, steps, start, kept, judged, tops };
}

/** The venue's book after one more message. */
export function move(books: ReadonlyMap<string, ReferenceBook>, step: Step): void {
  const book = step.symbol === null ? undefined : books.get(step.symbol);
  if (!book || !step.change) return;
  if (step.snapshot) book.replace(step.change);
  else book.set(step.change);
}
