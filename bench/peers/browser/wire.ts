import { decodeServer, type MarketData } from '@/core/contract';
import { decodeRows, readSchema, type DecodedRows, type RowSchema } from '@/service/rowDecoder';

export type Row = { symbol: string } & MarketData;

/** The market of this host in compact rows, decoded as the product does it: peers differ in what they do with the changes. */
export function listen(take: (updates: DecodedRows['updates']) => void): void {
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws/market/stream`, 'tickglass.v2.rows');
  const held = new Map<string, MarketData>();
  let schema: RowSchema | null = null;
  const keep = (updates: DecodedRows['updates']): void => {
    for (const { key, value } of updates) if (value) held.set(key, value);
    take(updates);
  };
  socket.addEventListener('open', () => socket.send(JSON.stringify({ type: 'hello', v: 2, client: { name: 'peer', version: '1' }, features: ['rows', 'sparse'] })));
  socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const decoded = decodeServer(data);
    if (!decoded.ok) return;
    const message = decoded.value;
    if (!('type' in message)) {
      if (schema) keep(decodeRows(message, schema, held).updates);
    } else if (message.type === 'schema') schema = readSchema(message, schema);
    else if (message.type === 'initial_data') keep(Object.entries(message.data).map(([key, value]) => ({ key, value: value as MarketData })));
  });
}

const formats = new Map<number, Intl.NumberFormat>();
/** A number with a fixed number of decimals; blank when unknown. */
export function fixed(value: number | null, decimals: number): string {
  let format = formats.get(decimals);
  if (!format) formats.set(decimals, (format = new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })));
  return value === null ? '' : format.format(value);
}

/** What every contender shows of a row, under the product's own heads, the small line apart. */
export const CELLS: readonly { readonly head: string; readonly text: (row: Row) => string }[] = [
  { head: 'Symbol', text: (row) => row.symbol },
  { head: 'Last', text: (row) => fixed(row.price, 2) },
  { head: 'Change', text: (row) => fixed(row.price !== null && row.open_24h !== null ? row.price - row.open_24h : null, 2) },
  { head: 'Change %', text: (row) => fixed(row.change_24h, 2) },
  { head: '24 h range', text: (row) => `${fixed(row.low_24h, 2)} - ${fixed(row.high_24h, 2)}` },
  { head: 'Volume 24 h', text: (row) => fixed(row.volume_24h, 0) },
  { head: 'Bid', text: (row) => fixed(row.bid, 2) },
  { head: 'Ask', text: (row) => fixed(row.ask, 2) },
  { head: 'Spread bp', text: (row) => (row.bid !== null && row.ask !== null ? fixed(((row.ask - row.bid) / row.ask) * 10_000, 2) : '') },
  { head: 'Source', text: (row) => row.source },
];
