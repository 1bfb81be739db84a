import type { AssetClass, Instrument } from '../market/instrument';

/** Parameters of one asset class: table of analysis.md section 4. */
export interface ClassParameters {
  /** Time scales of the log-volatility cascade, minutes. */
  readonly tauMinutes: readonly number[];
  /** Stationary variance of each. */
  readonly variance: readonly number[];
  /** Share of the cascade's variance common to the class. */
  readonly common: number;
  /** Correlation of the slow component's shock with the return shock (leverage). */
  readonly rho: number;
  readonly jumpsPerDay: number;
  /** Typical jump, in one-minute sigmas. */
  readonly jumpSize: number;
  /** Half spread in one-second sigmas. */
  readonly spread: number;
  /**
   * Variance per second while closed, relative to an open second. Shares: 1, so that close to close makes up volDay, as the
   * formula sigma = volDay / sqrt(86400) supposes. Currencies and metals hardly move over a weekend.
   */
  readonly closedVariance: number;
}

const FX: ClassParameters = {
  tauMinutes: [1, 15, 120, 1500], variance: [0.14, 0.08, 0.08, 0.06], common: 0.4, rho: 0, jumpsPerDay: 1.5, jumpSize: 6, spread: 1.5, closedVariance: 0.05,
};

export const CLASS_PARAMETERS: Readonly<Record<AssetClass, ClassParameters>> = {
  crypto: { tauMinutes: [1, 15, 120, 3000], variance: [0.14, 0.1, 0.1, 0.17], common: 0.7, rho: -0.1, jumpsPerDay: 2, jumpSize: 5, spread: 0.15, closedVariance: 0 },
  fx: FX,
  /** Metals trade like currencies; they have a common factor of their own. */
  metal: FX,
  equity: { tauMinutes: [1, 15, 120, 4000], variance: [0.08, 0.06, 0.06, 0.08], common: 0.6, rho: -0.5, jumpsPerDay: 0.3, jumpSize: 5, spread: 0.5, closedVariance: 1 },
  test: { ...FX, jumpsPerDay: 0 },
};

/** What the simulator assumes about one instrument. */
export interface InstrumentParameters {
  /** Standard deviation of a day's log return. */
  readonly volDay: number;
  /** Loading on the class factor. */
  readonly beta: number;
  /** Trades per second, both sides. */
  readonly tradesPerSecond: number;
  /** Median trade size, base units. */
  readonly medianSize: number;
  readonly startPrice: number;
}

/** Daily volatility, beta, trades per second and an invented starting price, by symbol or by base of a crypto pair. */
const KNOWN: Readonly<Record<string, readonly [volDay: number, beta: number, rate: number, start: number]>> = {
  BTC: [0.035, 0.96, 6, 61_800], ETH: [0.042, 0.96, 4, 2_640], SOL: [0.055, 0.85, 2, 152], BNB: [0.04, 0.85, 2, 575], XRP: [0.05, 0.85, 2, 0.58],
  ADA: [0.055, 0.85, 2, 0.36], DOT: [0.055, 0.85, 2, 4.6], AVAX: [0.06, 0.85, 2, 26.4], POL: [0.06, 0.85, 2, 0.41],
  AAPL: [0.018, 0.7, 4, 226], MSFT: [0.016, 0.7, 4, 418], GOOGL: [0.018, 0.7, 4, 166], AMZN: [0.02, 0.7, 4, 187], TSLA: [0.035, 0.7, 5, 222],
  META: [0.023, 0.7, 4, 528], NVDA: [0.03, 0.7, 5, 124], JPM: [0.014, 0.7, 2, 211], SPY: [0.011, 0.9, 8, 558],
  'EUR/USD': [0.0042, 0.6, 2, 1.0954], 'GBP/USD': [0.005, 0.6, 2, 1.2873], 'USD/JPY': [0.0055, 0.6, 2, 147.32],
  'XAU/USD': [0.01, 0.8, 2, 2_431], 'XAG/USD': [0.018, 0.8, 2, 28.1],
};

const FALLBACK: Readonly<Record<AssetClass, readonly [number, number, number, number]>> = {
  crypto: [0.055, 0.85, 0.3, 0], equity: [0.02, 0.7, 1, 0], fx: [0.005, 0.6, 1, 0], metal: [0.012, 0.8, 1, 0], test: [0.01, 0.5, 0, 0],
};

/** Median trade of each class: money for crypto, base units for the others. */
const CRYPTO_MEDIAN_MONEY = 900;
const MEDIAN_SIZE: Readonly<Record<AssetClass, number>> = { crypto: 0, equity: 100, fx: 50_000, metal: 10, test: 1 };

/** Parameters of an instrument; unknown ones get those of their class and a price of 20,000 ticks. */
export function instrumentParameters(instrument: Instrument, price: number | undefined): InstrumentParameters {
  const name = instrument.assetClass === 'crypto' ? instrument.base : instrument.symbol;
  const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
  const [volDay, beta, tradesPerSecond, start] = known ?? FALLBACK[instrument.assetClass];
  const usable = price !== undefined && Number.isFinite(price) && price > 0;
  const startPrice = Math.max(usable ? price : start || 20_000 * instrument.tickSize, 10 * instrument.tickSize);
  const medianSize = instrument.assetClass === 'crypto' ? CRYPTO_MEDIAN_MONEY / startPrice : MEDIAN_SIZE[instrument.assetClass];
  return { volDay, beta, tradesPerSecond, medianSize, startPrice };
}

/** `n` extra crypto instruments for load tests: `SIM0001/USD` and so on, quiet in trades, one quote a second each. */
export function syntheticInstruments(n: number): readonly Instrument[] {
  return Array.from({ length: n }, (_, i) => {
    const base = `SIM${String(i + 1).padStart(4, '0')}`;
    return {
      symbol: `${base}/USD`, name: `Simulated ${i + 1}`, assetClass: 'crypto', base, quote: 'USD', tickSize: 0.01, lotSize: 0.0001, venues: ['simulator'],
    } satisfies Instrument;
  });
}
