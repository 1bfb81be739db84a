/**
 * Kraken's books and checksums a second time, straight from the documentation and with nothing of the product: texts, integers,
 * a bitwise CRC32. Tests compare the product with this.
 */
export interface OracleFrame {
  readonly symbol: string;
  readonly snapshot: boolean;
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
  readonly checksum: number | null;
  readonly timestamp: string | null;
}

interface Fields { readonly symbol: string; readonly bids: { price: string; qty: string }[]; readonly asks: { price: string; qty: string }[]; readonly checksum?: string; readonly timestamp?: string }

/** Book entries of a v2 message, numbers as their texts; none for other messages. */
export function bookFrames(raw: string): readonly OracleFrame[] {
  if (!raw.startsWith('{"channel":"book"')) return [];
  const texts = raw.replace(/("(?:price|qty|checksum)":)([0-9.]+)/g, '$1"$2"');
  const { type, data } = JSON.parse(texts) as { type: string; data: Fields[] };
  return data.map(({ symbol, bids, asks, checksum, timestamp }) => {
    const side = (levels: Fields['bids']) => levels.map(({ price, qty }) => [price, qty] as const);
    return { symbol, snapshot: type === 'snapshot', bids: side(bids), asks: side(asks), checksum: checksum === undefined ? null : Number(checksum), timestamp: timestamp ?? null };
  });
}

const units = (text: string): bigint => {
  const [whole = '0', part = ''] = text.split('.');
  return BigInt(whole + part.padEnd(12, '0'));
};

export type OracleBook = { readonly bids: (readonly [string, string])[]; readonly asks: (readonly [string, string])[] };

/** The book after one more frame, cut to `depth`. */
export function applyFrame(book: OracleBook, frame: OracleFrame, depth: number): OracleBook {
  const side = (before: OracleBook['bids'], changes: OracleFrame['bids'], sign: bigint) => {
    const map = new Map(frame.snapshot ? [] : before.map(([p, q]) => [units(p), [p, q] as const]));
    for (const [price, size] of changes) {
      if (units(size) === 0n) map.delete(units(price));
      else map.set(units(price), [price, size]);
    }
    return [...map].sort(([a], [b]) => (sign * (a - b) > 0n ? 1 : -1)).slice(0, depth).map(([, level]) => level);
  };
  return { bids: side(book.bids, frame.bids, -1n), asks: side(book.asks, frame.asks, 1n) };
}

function crc(text: string): number {
  let sum = 0xffffffff;
  for (let i = 0; i < text.length; i += 1) {
    sum ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/** Checksum of the best ten asks and then bids. */
export function oracleChecksum({ bids, asks }: OracleBook): number {
  const text = (value: string) => String(BigInt(value.replace('.', '')));
  return crc([...asks.slice(0, 10), ...bids.slice(0, 10)].map(([p, q]) => text(p) + text(q)).join(''));
}

/** The same frame as the venue would write it. */
export function frameText(symbol: string, book: OracleBook, timestamp: string | null): string {
  const side = (levels: OracleBook['bids']) => `[${levels.map(([price, qty]) => `{"price":${price},"qty":${qty}}`).join(',')}]`;
  const fields = `"bids":${side(book.bids)},"asks":${side(book.asks)},"checksum":${oracleChecksum(book)}${timestamp === null ? '' : `,"timestamp":"${timestamp}"`}`;
  return `{"channel":"book","type":"snapshot","data":[{"symbol":"${symbol}",${fields}}]}`;
}
