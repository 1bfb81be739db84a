import { indicatorName, signed } from '@/components/words';
import { formatShare } from '@/composables/format';
import { MARKET_WIDE_KEY, type BinaryData, type Call, type SentimentHorizon } from '@/core/contract';

/** Below this many matured forecasts there is no hit rate to speak of. */
export const ENOUGH = 30;
export const CALL_WORDS: Readonly<Record<Call, { readonly side: 'up' | 'down' | ''; readonly word: string }>> = {
  UP: { side: 'up', word: 'Up' },
  DOWN: { side: 'down', word: 'Down' },
  NONE: { side: '', word: 'No edge' },
};

/** Least distance from one half for an arrow. */
const LEAST_DISTANCE = 0.02;
const percent = (share: number): string => `${signed(share * 100, 1)}%`;

/** Hits of matured forecasts with their interval, beside the rate a bet would need to break even. */
export function hitWords({ track, breakEven }: SentimentHorizon): string {
  const need = `needs ${formatShare(breakEven, 1)}`;
  if (track.n < ENOUGH || track.hit === null) return `not enough, ${String(track.n)} of ${String(ENOUGH)}; ${need}`;
  const range = track.hitLo === null || track.hitHi === null ? '' : ` (${formatShare(track.hitLo)} to ${formatShare(track.hitHi)})`;
  return `${formatShare(track.hit, 1)} of ${track.n.toLocaleString('en-US')}${range}; ${need}`;
}

/** Why there is an arrow or none, in the order in which the server decides. */
export function gateWords({ call, pUp, track }: SentimentHorizon): string {
  const { bss, bssLo } = track;
  if (call !== 'NONE') return `skill so far ${bss === null ? 'shown' : percent(bss)}${bssLo === null ? '' : `, at least ${percent(bssLo)}`}`;
  if (bss === null || bssLo === null) return 'too few independent outcomes to know of any skill';
  if (bssLo <= 0) return `no skill shown: ${percent(bss)}, perhaps as low as ${percent(bssLo)}`;
  if (Math.abs(pUp - 0.5) < LEAST_DISTANCE) return 'within two points of one half';
  return 'fewer than 300 independent outcomes yet';
}

const DRIVERS: Readonly<Record<string, string>> = {
  macd_histogram: 'MACD histogram', bollinger_position: 'Place in the Bollinger bands', stoch_k: 'Stochastic %K', di_adx: 'Directional movement', ema20_distance: 'Distance from EMA 20',
  ema50_distance: 'Distance from EMA 50', close_location: 'Place of the close in its candle', body: 'Body of the candle', volatility_ratio: 'Short against long volatility', ma_rating: 'Rating of the averages',
  imbalance: 'Bid size against ask size', imbalance_5s: 'The same, mean of 5 s', imbalance_30s: 'The same, mean of 30 s', imbalance_squared: 'The same, squared',
};
/** Name of what moved a forecast. */
export function driverName(k: string): string {
  const known = DRIVERS[k];
  if (known !== undefined) return known;
  const [, kind, length] = /^(return|mid_change)_(\d+s?)$/.exec(k) ?? [];
  if (kind === undefined || length === undefined) return indicatorName(k);
  return kind === 'return' ? `Return over ${length} min` : `Change of the mid over ${length.replace('s', ' s')}`;
}

/** Symbols with a forecast, in the order of `symbols`; the market-wide value has its own panel. */
export function sentimentRows(sentiment: ReadonlyMap<string, BinaryData>, symbols: readonly string[]): { symbol: string; data: BinaryData }[] {
  const place = new Map(symbols.map((s, i) => [s, i]));
  return [...sentiment]
    .filter(([symbol]) => symbol !== MARKET_WIDE_KEY)
    .map(([symbol, data]) => ({ symbol, data }))
    .sort((a, b) => (place.get(a.symbol) ?? Infinity) - (place.get(b.symbol) ?? Infinity) || (a.symbol < b.symbol ? -1 : 1));
}

/** Every horizon that occurs, shortest first, s. */
export function horizonsOf(rows: readonly { readonly data: BinaryData }[]): number[] {
  return [...new Set(rows.flatMap((r) => r.data.horizons.map((h) => h.h)))].sort((a, b) => a - b);
}
