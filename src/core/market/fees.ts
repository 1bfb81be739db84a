import type { TakerFee } from '../contract';
import type { Instrument } from './instrument';

/** Currencies and coins that stand for one; venues charge pairs between them by other schedules. */
const MONEY: ReadonlySet<string> = new Set(['USD', 'EUR', 'GBP', 'JPY', 'CHF', 'AUD', 'CAD', 'USDT', 'USDC', 'DAI', 'FDUSD', 'TUSD', 'PYUSD', 'RLUSD', 'EURC', 'EURT', 'USDG', 'USDS']);

interface FeeFact extends TakerFee {
  readonly venue: string;
  applies(instrument: Pick<Instrument, 'base' | 'quote' | 'assetClass'>): boolean;
}

/**
 * Taker fees of the lowest public tier: no volume, no discount, no campaign. Only what was read on a page or in an answer of the venue itself stands
 * here, with the day of that reading. Absent on purpose: Binance (no page with the figure could be read) and Coinbase (the table of Coinbase
 * Advanced is behind its sign-in, that of Coinbase Exchange is for other customers); TICKGLASS_TAKER_FEES fills them in.
 */
const FACTS: readonly FeeFact[] = [
  {
    venue: 'okx', taker: 0.001, source: 'https://www.okx.com/fees (regular users, Lv1, pairs other than USDC)', as_of: '2026-11-21',
    // Pairs against USDC have a table of their own there, which could not be read.
    applies: ({ assetClass, base, quote }) => assetClass === 'crypto' && quote !== 'USDC' && !MONEY.has(base),
  },
  {
    venue: 'kraken', taker: 0.004, source: 'https://api.kraken.com/0/public/AssetPairs (fees, volume 0)', as_of: '2025-11-11',
    applies: ({ assetClass, base }) => assetClass === 'crypto' && !MONEY.has(base),
  },
];

/** Fees set by the operator, fractions by venue id; they go before the table and hold for every pair of the venue. */
export type FeeOverrides = ReadonlyMap<string, number>;

/** What a taker pays at a venue, as a fraction of the traded amount; null = not known. */
export function takerFee(venue: string, instrument: Pick<Instrument, 'base' | 'quote' | 'assetClass'>, overrides: FeeOverrides): TakerFee | null {
  const set = overrides.get(venue);
  if (set !== undefined) return { taker: set, source: 'TICKGLASS_TAKER_FEES', as_of: '' };
  const fact = FACTS.find((entry) => entry.venue === venue && entry.applies(instrument));
  return fact ? { taker: fact.taker, source: fact.source, as_of: fact.as_of } : null;
}
