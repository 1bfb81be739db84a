import { seeded } from '../../tests/support/seeded';

/** A server that fans prices out to clients, as the race drives it. */
export interface Subject {
  readonly port: number;
  /** Sends a new value of each of SYMBOLS symbols to every client that wants it. */
  tick(): void;
  /** Writes to sockets so far, where the subject can tell. */
  writes?(): number;
}

export const SYMBOLS = 50;
/** Symbols of a client that does not read all. */
export const OWN_SYMBOLS = 20;

export const symbolOf = (i: number): string => `SYM${String(i)}/USD`;

/** The symbols of client `n`: each of some thousand clients has a set of its own. */
export function symbolsOf(n: number): string[] {
  const random = seeded(n + 1);
  const left = Array.from({ length: SYMBOLS }, (_, i) => i);
  return Array.from({ length: OWN_SYMBOLS }, () => symbolOf(left.splice(Math.floor(random() * left.length), 1)[0] ?? 0));
}

const round = (n: number, decimals: number): number => Number(n.toFixed(decimals));

/** One price update in the shape most people send: about 235 bytes of JSON. */
export function plainUpdate(i: number, turn: number): { type: string; symbol: string; data: Record<string, unknown>; timestamp: string } {
  const price = round(50_000 + turn + i / 100, 2);
  return {
    type: 'market_update', symbol: symbolOf(i), timestamp: new Date().toISOString(),
    data: { price, change_24h: round(Math.random() * 5, 4), volume_24h: round(12_345 + Math.random(), 3), bid: round(price - 0.01, 2), ask: round(price + 0.01, 2), high_24h: 51_000, low_24h: 49_000, source: 'simulator' },
  };
}
