/** Hit rates of the rating on recorded markets, %: moves only, n without overlaps. Fixed results of our reference data, not of this server. */
export const RATING_HITS = [
  { data: 'BTC perpetual, 1 min, January 2022', rises: '49.2', after: '1 / 15', any: '49.2 / 46.4', strong: '48.5 / 44.5' },
  { data: 'EUR/USD mid, 1 min, 2014', rises: '50.7', after: '1 / 5', any: '47.5 / 47.8', strong: '46.5 / 45.0' },
  { data: 'GBP/USD bid, 1 min, 2012', rises: '49.5', after: '1 / 15', any: '47.7 / 45.4', strong: '45.1 / 44.3' },
  { data: 'Gold mid, 1 min, 2014', rises: '50.1', after: '1 / 5', any: '46.8 / 45.8', strong: '43.2 / 42.5' },
  { data: 'S&P 500 future mid, 1 min, 2013 on', rises: '51.0', after: '1 / 15', any: '47.7 / 48.3', strong: '44.8 / 48.0' },
  { data: 'BTC/EUR, 1 h, 2020 to 2024', rises: '50.9', after: '1 / 60', any: '47.0 / 49.5', strong: '44.5 / 48.6' },
  { data: 'EUR/USD, 1 h, 2007 to 2018', rises: '50.3', after: '1 / 60', any: '47.7 / 49.2', strong: '46.0 / 49.3' },
  { data: 'SPY, 1 d, 1998 to 2021', rises: '53.5, after 20 days 62.3', after: '1 / 20', any: '50.3 / 54.7', strong: '49.8 / 54.4' },
] as const;

/** What the best forecasts gain before costs, and what a trade costs, in hundredths of a percent (basis points). */
export const EDGE_AND_COST = [
  { data: 'BTC perpetual, 5 min', edge: '1.9', cost: 'about 10, taker fees there and back' },
  { data: 'EUR/USD, 1 min', edge: '0.00', cost: '0.80, median spread' },
  { data: 'Gold, 1 min', edge: '0.14', cost: '2.0, spread' },
  { data: 'S&P 500 future, 1 min', edge: '0.34', cost: '1.5, one tick' },
] as const;
