/**
 * Ids of the coins we ask for. Symbols are not unique there (`/coins/list` has many coins named `btc`), so nothing is looked up
 * by symbol: a coin without an id here is not asked for.
 */
const IDS: ReadonlyMap<string, string> = new Map(Object.entries({
  BTC: 'bitcoin', ETH: 'ethereum', SOL: 'solana', BNB: 'binancecoin', XRP: 'ripple', ADA: 'cardano', DOGE: 'dogecoin', DOT: 'polkadot', AVAX: 'avalanche-2',
  POL: 'polygon-ecosystem-token', TRX: 'tron', LTC: 'litecoin', LINK: 'chainlink', BCH: 'bitcoin-cash', XLM: 'stellar', ATOM: 'cosmos', UNI: 'uniswap',
  XMR: 'monero', ETC: 'ethereum-classic', ALGO: 'algorand', FIL: 'filecoin', NEAR: 'near', APT: 'aptos', ARB: 'arbitrum', OP: 'optimism', SUI: 'sui',
  TON: 'the-open-network', SHIB: 'shiba-inu', AAVE: 'aave', USDT: 'tether', USDC: 'usd-coin',
}));

/** State currencies it quotes in. Stablecoins are coins of their own, never their currency. */
const QUOTES: ReadonlySet<string> = new Set(['USD', 'EUR', 'GBP', 'JPY', 'CHF', 'AUD', 'CAD', 'NZD', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK', 'HUF', 'TRY', 'MXN', 'ZAR', 'SGD', 'HKD', 'CNY', 'BRL', 'INR', 'KRW']);

export function coinId(base: string): string | null {
  return IDS.get(base) ?? null;
}

/** Why a pair cannot be asked for; null = it can. */
export function impossiblePair(base: string, quote: string): string | null {
  if (!QUOTES.has(quote)) return `CoinGecko does not quote in ${quote}; a price in another currency would be another market`;
  return IDS.has(base) ? null : `no CoinGecko id is known for ${base}`;
}
