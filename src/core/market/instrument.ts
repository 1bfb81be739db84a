/** Class of an instrument; it decides calendar, staleness and simulator behaviour. */
export const ASSET_CLASSES = ['crypto', 'equity', 'fx', 'metal', 'test'] as const;
export type AssetClass = (typeof ASSET_CLASSES)[number];

/** Static facts of one instrument. `symbol` is canonical (`BTC/USDT`, `AAPL`); venue spellings never leave a connector. */
export interface Instrument {
  readonly symbol: string;
  readonly name: string;
  readonly assetClass: AssetClass;
  readonly base: string;
  readonly quote: string;
  /** Smallest price step, in quote units. */
  readonly tickSize: number;
  /** Smallest size step, in base units. */
  readonly lotSize: number;
  /** Venues that list it, best first. */
  readonly venues: readonly string[];
}
