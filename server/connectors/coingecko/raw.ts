/**
 * `/simple/price?ids=bitcoin&vs_currencies=usd&include_24hr_change=true&include_last_updated_at=true` (https://docs.coingecko.com):
 * `{"bitcoin":{"usd":67187.33,"usd_24h_change":3.63,"last_updated_at":1711356300}}`; unknown ids are silently missing, numbers may be null.
 */
export interface CoinGeckoPrice {
  readonly price: number;
  /** Percent; null = not given. */
  readonly changePercent: number | null;
  /** Seconds since the epoch; null = not given. */
  readonly updated: number | null;
}

/** `/global`: `{"data":{"active_cryptocurrencies":..,"markets":..,"total_market_cap":{"usd":..},"market_cap_percentage":{"btc":..},"updated_at":..}}`. */
/** `/search/trending`: `{"coins":[{"item":{"id":..,"name":..,"symbol":..,"market_cap_rank":..,"data":{"price":..,"price_change_percentage_24h":{"usd":..}}}}]}`. */
export const OVERVIEW_PATHS = { global: '/global', trending: '/search/trending' } as const;
export type OverviewPart = keyof typeof OVERVIEW_PATHS;
