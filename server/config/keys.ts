import type { Config } from './schema';

/** The key that belongs to an environment variable of a source; null without one, and for keyless sources. */
export function keyOf(config: Config, variable: string | null): string | null {
  const keys: Readonly<Record<string, string | null>> = {
    FINNHUB_API_KEY: config.finnhubApiKey, TWELVE_DATA_API_KEY: config.twelveDataApiKey, ALPHA_VANTAGE_API_KEY: config.alphaVantageApiKey, COINGECKO_API_KEY: config.coinGeckoApiKey,
  };
  return variable === null ? null : (keys[variable] ?? null);
}
