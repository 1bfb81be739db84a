import { DATA_KINDS, MARKET_COLUMNS, QUOTE_STATES, ROUTES, SPARSE_COLUMNS, type MarketData, type SchemaMessage } from '@/core/contract';
import type { Quote } from '@/core/market/outputs';
import type { KeyedEntry } from './keyedChannel';
import { changePercent, isQuote } from './values';

/** Ids after which a table starts anew instead of growing (limit of the schema message). */
const MAX_IDS = 10_000;

/** What of a quote stands behind each column that a sparse row may leave out, in their order. */
const SPARSE_FIELDS: readonly ((quote: Quote) => unknown)[] = [
  (q) => q.last, (q) => q.bid, (q) => q.ask, (q) => q.bidSize, (q) => q.askSize, (q) => q.open24h, (q) => changePercent(q.last, q.open24h),
  (q) => q.high24h, (q) => q.low24h, (q) => q.volume24h, (q) => q.venue, (q) => q.kind, (q) => q.route, (q) => q.state,
];
const ALL_SPARSE = 2 ** SPARSE_FIELDS.length - 1;

/** Notes which columns of a quote changed with the entry's present version. */
export function markColumns(entry: KeyedEntry, before: unknown): void {
  const { value, version } = entry;
  if (!isQuote(value)) return;
  entry.columns ??= SPARSE_FIELDS.map(() => version);
  const old = isQuote(before) ? before : null;
  const columns = entry.columns;
  for (let i = 0; i < SPARSE_FIELDS.length; i++) {
    const field = SPARSE_FIELDS[i];
    if (!old || !field || field(old) !== field(value)) columns[i] = version;
  }
}

/** Columns that changed after `cursor`, as bits. */
function changedColumns({ columns }: KeyedEntry, cursor: number): number {
  if (!columns) return ALL_SPARSE;
  let mask = 0;
  for (let i = 0; i < columns.length; i++) if ((columns[i] ?? Infinity) > cursor) mask |= 1 << i;
  return mask;
}

/**
 * Row numbers and enum indexes of the compact encoding, shared by all clients of the `market` channel. Ids are only appended
 * under one `sid`; a new venue name, an overflow or a new epoch gives a new `sid`, which replaces everything at the client.
 */
export class RowTable {
  sid = 0;
  private epoch = '';
  private ids: string[] = [];
  private index = new Map<string, number>();
  private readonly sources: string[] = [''];
  private readonly enums = { quality: [...DATA_KINDS, 'unknown'], route: [...ROUTES], state: [...QUOTE_STATES] };

  /** Makes sure all these keys and sources have a number. Call it before encoding rows. */
  cover(epoch: string, keys: Iterable<string>, sources: Iterable<string>): void {
    let fresh = epoch !== this.epoch || this.ids.length > MAX_IDS - 1_000;
    this.epoch = epoch;
    for (const source of sources) {
      if (this.sources.includes(source)) continue;
      this.sources.push(source);
      fresh = true;
    }
    if (fresh) {
      this.sid++;
      this.ids = [];
      this.index = new Map();
    }
    for (const key of keys) {
      if (this.index.has(key)) continue;
      this.index.set(key, this.ids.length);
      this.ids.push(key);
    }
  }

  /** Ids known so far under the present `sid`. */
  get length(): number {
    return this.ids.length;
  }

  /** Row number of a key; undefined for one never sent, which no client can hold. */
  rowOf(key: string): number | undefined {
    return this.index.get(key);
  }

  /** One compact row as JSON text. */
  row(key: string, data: MarketData): string {
    let text = `[${this.index.get(key) ?? 0}`;
    for (const column of MARKET_COLUMNS) text += `,${String(this.cell(column, data))}`;
    return `${text}]`;
  }

  /** A row with the columns only that changed after `cursor`, the state the reader holds. Its two times are told always. */
  sparseRow(entry: KeyedEntry, data: MarketData, cursor: number, wall: number): string {
    const mask = changedColumns(entry, cursor);
    const since = data.venue_time === null ? null : wall - data.venue_time;
    let text = `[${this.index.get(entry.key) ?? 0},${mask},${String(data.age_ms)},${String(since)}`;
    for (let i = 0; i < SPARSE_COLUMNS.length; i++) {
      const column = SPARSE_COLUMNS[i];
      if (column && mask & (1 << i)) text += `,${String(this.cell(column, data))}`;
    }
    return `${text}]`;
  }

  private cell(column: (typeof MARKET_COLUMNS)[number], data: MarketData): number | null {
    switch (column) {
      case 'source':
        return this.sources.indexOf(data.source);
      case 'quality':
        return this.enums.quality.indexOf(data.quality);
      case 'route':
        return this.enums.route.indexOf(data.route);
      case 'state':
        return this.enums.state.indexOf(data.state);
      default:
        return data[column];
    }
  }

  /** The schema message for a client that knows the first `from` ids of this `sid`. */
  schema(channel: string, from: number, sparse = false): SchemaMessage {
    const enums = { source: this.sources, ...this.enums };
    return { type: 'schema', channel, sid: this.sid, cols: [...MARKET_COLUMNS], from, ids: this.ids.slice(from), enums, sparse };
  }
}
