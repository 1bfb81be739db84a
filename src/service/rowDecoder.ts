import { decodePayload, MARKET_COLUMNS, type MarketData, type RowsMessage, type SchemaMessage } from '@/core/contract';

/** A value that is fine in every respect; one text is put in at a time to learn what the contract makes of it. */
const PROBE: MarketData = {
  price: null, bid: null, ask: null, bid_size: null, ask_size: null, open_24h: null, change_24h: null, high_24h: null, low_24h: null, volume_24h: null,
  source: '', quality: 'live', route: 'socket', state: 'ok', venue_time: null, age_ms: null,
};
const TEXTS = ['source', 'quality', 'route', 'state'] as const;
type TextColumn = (typeof TEXTS)[number];
type Column = keyof MarketData;
const isColumn = (name: string): name is Column => Object.hasOwn(PROBE, name);

/** Column layout of the `market` channel's compact rows on one connection. */
export interface RowSchema {
  readonly sid: number;
  readonly ids: string[];
  /** Columns a row may carry, in its order; null = one that only a newer client knows. */
  readonly cols: readonly (Column | null)[];
  /** Rows carry the two times, and of the other columns only those that changed. */
  readonly sparse: boolean;
  /** Per text column the contract's reading of each index: an unknown kind is already `unknown` here. */
  readonly texts: Readonly<Record<TextColumn, readonly MarketData[TextColumn][]>>;
}

/** Takes up a schema message; null when it cannot be understood or does not continue the present one. */
export function readSchema({ sid, from, ids, cols, enums, sparse }: SchemaMessage, present: RowSchema | null): RowSchema | null {
  if (from > 0) {
    if (!present || present.sid !== sid || present.ids.length !== from) return null;
    present.ids.push(...ids);
    return present;
  }
  if (!MARKET_COLUMNS.every((c) => cols.includes(c))) return null;
  const texts: Record<string, readonly string[]> = {};
  for (const column of TEXTS) {
    const words = Object.hasOwn(enums, column) ? (enums[column] ?? []) : [];
    const read = words.map((word) => decodePayload('market', { ...PROBE, [column]: word })?.[column]);
    if (read.length === 0 || read.includes(undefined)) return null;
    texts[column] = read.filter((w) => w !== undefined);
  }
  const carried = sparse ? cols.filter((c) => c !== 'venue_time' && c !== 'age_ms') : cols;
  return { sid, ids: [...ids], cols: carried.map((c) => (isColumn(c) ? c : null)), sparse, texts: texts as RowSchema['texts'] };
}

/** One row as the object the other encodings send; null when it does not fit the schema. The cells are numbers or null already. */
function readRow(row: readonly (number | null)[], { cols, sparse, texts }: RowSchema, ts: number, held: MarketData | undefined): MarketData | null {
  const value: Record<string, unknown> = sparse ? { ...held } : {};
  let at = 1;
  let mask = -1;
  if (sparse) {
    const [, bits, age, before] = row;
    mask = bits ?? 0;
    value['age_ms'] = age;
    value['venue_time'] = typeof before === 'number' ? ts - before : before;
    at = 4;
  }
  cols.forEach((column, i) => {
    if (!(mask & (1 << i))) return;
    const cell = row[at++];
    if (column) value[column] = Object.hasOwn(texts, column) ? texts[column as TextColumn][cell ?? -1] : cell;
  });
  const age = value['age_ms'];
  if (typeof age === 'number' && age < 0) return null;
  return MARKET_COLUMNS.every((c) => value[c] !== undefined) ? (value as MarketData) : null;
}

export interface DecodedRows {
  readonly updates: { readonly key: string; readonly value: MarketData | null }[];
  /** Rows that did not fit the columns. */
  readonly invalid: number;
  /** Row numbers the schema does not name: an extension of it was missed, and this connection cannot make up for that. */
  readonly unknown: number;
}

/** Expands compact rows over the values held before them. The same trace in objects gives the same updates. */
export function decodeRows(message: RowsMessage, schema: RowSchema, held: ReadonlyMap<string, unknown>): DecodedRows {
  const updates: DecodedRows['updates'] = [];
  let invalid = 0;
  let unknown = 0;
  for (const row of message.r) {
    const key = schema.ids[row[0] ?? -1];
    const value = key === undefined ? null : readRow(row, schema, message.ts, held.get(key) as MarketData | undefined);
    if (key === undefined) unknown++;
    else if (value === null) invalid++;
    else updates.push({ key, value });
  }
  for (const index of message.x) {
    const key = schema.ids[index];
    if (key === undefined) unknown++;
    else updates.push({ key, value: null });
  }
  return { updates, invalid, unknown };
}
