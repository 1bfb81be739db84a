const NAMES: Readonly<Record<string, string>> = {
  binance: 'Binance', okx: 'OKX', coinbase: 'Coinbase', kraken: 'Kraken', finnhub: 'Finnhub', twelvedata: 'Twelve Data', coingecko: 'CoinGecko',
  alphavantage: 'Alpha Vantage', exchangerate: 'ExchangeRate-API', frankfurter: 'Frankfurter', simulator: 'Simulator', replay: 'Replay',
};
/** Name of a venue as its owner writes it; an unknown id is its own name. */
export const venueName = (id: string): string => (Object.hasOwn(NAMES, id) ? (NAMES[id] ?? id) : id);
