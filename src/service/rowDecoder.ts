import { decodePayload, MARKET_COLUMNS, type MarketData, type RowsMessage, type SchemaMessage } from '@/core/contract';

/** A value that is fine in every respect; one text is put in at a time to learn what the contract makes of it. */
const PROBE: MarketData = {
  price: null, bid: null, ask: null, bid_size: null, ask_size: null, open_24h: null, change_24h: null, high_24h: null, low_24h: null, volume_24h: null,
  source: '', quality: 'live', route: 'socket', state: 'ok', venue_time: null, age_ms: null,
};
const NUMBERS = MARKET_COLUMNS.filter((c) => PROBE[c] === null);
const TEXTS = ['source', 'quality', 'route', 'state'] as const;
type TextColumn = (typeof TEXTS)[number];

/** Column layout of the `market` channel's compact rows on one connection. */
export interface RowSchema {
  readonly sid: number;
  readonly ids: string[];
  /** Position of each column in a row, the row index being 0. */
  readonly at: Readonly<Record<string, number>>;
  /** Per text column the contract's reading of each index: an unknown kind is already `unknown` here. */
  readonly texts: Readonly<Record<TextColumn, readonly MarketData[TextColumn][]>>;
}

/** Takes up a schema message; null when it cannot be understood or does not continue the present one. */
export function readSchema(message: SchemaMessage, present: RowSchema | null): RowSchema | null {
  if (message.from > 0) {
    if (!present || present.sid !== message.sid || present.ids.length !== message.from) return null;
    present.ids.push(...message.ids);
    return present;
  }
  const at = Object.fromEntries(message.cols.map((c, i) => [c, i + 1]));
  if (!MARKET_COLUMNS.every((c) => Object.hasOwn(at, c))) return null;
  const texts: Record<string, readonly string[]> = {};
  for (const column of TEXTS) {
    const words = Object.hasOwn(message.enums, column) ? (message.enums[column] ?? []) : [];
    const read = words.map((word) => decodePayload('market', { ...PROBE, [column]: word })?.[column]);
    if (read.length === 0 || read.includes(undefined)) return null;
    texts[column] = read.filter((w) => w !== undefined);
  }
  return { sid: message.sid, ids: [...message.ids], at, texts: texts as RowSchema['texts'] };
}

/** One row as the object the other encodings send; null when it does not fit the schema. The cells are numbers or null already. */
function readRow(row: readonly (number | null)[], schema: RowSchema): MarketData | null {
  const value: Record<string, unknown> = {};
  for (const column of NUMBERS) {
    const cell = row[schema.at[column] ?? -1];
    if (cell === undefined) return null;
    value[column] = cell;
  }
  for (const column of TEXTS) {
    const text = schema.texts[column][row[schema.at[column] ?? -1] ?? -1];
    if (text === undefined) return null;
    value[column] = text;
  }
  const age = value['age_ms'];
  if (typeof age === 'number' && age < 0) return null;
  return value as MarketData;
}

export interface DecodedRows {
  readonly updates: { readonly key: string; readonly value: MarketData | null }[];
  /** Rows that did not fit the columns. */
  readonly invalid: number;
  /** Row numbers the schema does not name: an extension of it was missed, and this connection cannot make up for that. */
  readonly unknown: number;
}

/** Expands compact rows. The same trace in objects gives the same updates. */
export function decodeRows(message: RowsMessage, schema: RowSchema): DecodedRows {
  const updates: DecodedRows['updates'] = [];
  let invalid = 0;
  let unknown = 0;
  for (const row of message.r) {
    const key = schema.ids[row[0] ?? -1];
    const value = key === undefined ? null : readRow(row, schema);
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
