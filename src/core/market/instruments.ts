import { err, ok, type Result } from '../util/result';
import type { AssetClass, Instrument } from './instrument';

function make(symbol: string, name: string, assetClass: AssetClass, tickSize: number, lotSize: number, venues: readonly string[] = []): Instrument {
  const slash = symbol.indexOf('/');
  const base = slash < 0 ? symbol : symbol.slice(0, slash);
  return { symbol, name, assetClass, base, quote: slash < 0 ? 'USD' : symbol.slice(slash + 1), tickSize, lotSize, venues };
}

const crypto = (base: string, name: string, tick: number, lot: number): Instrument => make(`${base}/USDT`, name, 'crypto', tick, lot, ['binance']);
const share = (symbol: string, name: string): Instrument => make(symbol, name, 'equity', 0.01, 1);

/**
 * The instruments shown without configuration. Steps of crypto pairs are those of Binance spot; a connector that reads a newer
 * step from its venue says so with an instrument event, which wins.
 */
export const BUILT_IN_INSTRUMENTS: readonly Instrument[] = [
  crypto('BTC', 'Bitcoin', 0.01, 0.00001),
  crypto('ETH', 'Ether', 0.01, 0.0001),
  crypto('SOL', 'Solana', 0.01, 0.001),
  crypto('BNB', 'BNB', 0.01, 0.001),
  crypto('ADA', 'Cardano', 0.0001, 0.1),
  crypto('DOT', 'Polkadot', 0.001, 0.01),
  crypto('AVAX', 'Avalanche', 0.01, 0.01),
  crypto('POL', 'Polygon', 0.0001, 0.1),
  share('AAPL', 'Apple'),
  share('MSFT', 'Microsoft'),
  share('GOOGL', 'Alphabet'),
  share('AMZN', 'Amazon'),
  share('TSLA', 'Tesla'),
  share('META', 'Meta Platforms'),
  share('NVDA', 'NVIDIA'),
  share('JPM', 'JPMorgan Chase'),
  share('SPY', 'SPDR S&P 500 ETF'),
  make('EUR/USD', 'Euro / US dollar', 'fx', 0.00001, 1000),
  make('GBP/USD', 'Pound sterling / US dollar', 'fx', 0.00001, 1000),
  make('USD/JPY', 'US dollar / Japanese yen', 'fx', 0.001, 1000),
  make('XAU/USD', 'Gold', 'metal', 0.01, 1),
  make('XAG/USD', 'Silver', 'metal', 0.001, 1),
];

const BY_SYMBOL: ReadonlyMap<string, Instrument> = new Map(BUILT_IN_INSTRUMENTS.map((instrument) => [instrument.symbol, instrument]));
/** Longest first, so that BTCFDUSD is not read as BTCFD/USD. */
const QUOTE_ASSETS = ['FDUSD', 'USDT', 'USDC', 'TUSD', 'BUSD', 'USD', 'EUR', 'GBP', 'JPY', 'TRY', 'BRL', 'AUD', 'CHF', 'BTC', 'ETH', 'BNB'] as const;
/** Kraken's names of assets that everyone else calls otherwise. */
const ALIASES: ReadonlyMap<string, string> = new Map([['XBT', 'BTC'], ['XDG', 'DOGE']]);
const KNOWN_BASES: ReadonlySet<string> = new Set(BUILT_IN_INSTRUMENTS.map((instrument) => instrument.base));
const PAIR = /^([A-Z0-9]{1,15})\/([A-Z0-9]{2,10})$/;
const FIAT = new Set(['USD', 'EUR', 'GBP', 'JPY', 'CHF', 'AUD', 'CAD', 'NZD', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK', 'HUF', 'TRY', 'MXN', 'ZAR', 'SGD', 'HKD', 'CNY']);
const METALS = new Set(['XAU', 'XAG', 'XPT', 'XPD']);

/**
 * Canonical spelling of a symbol in a common venue spelling: `BTCUSDT`, `BTC-USDT`, `btc_usdt`, `XBT/USD` -> `BTC/USDT`,
 * `BTC/USDT`, `BTC/USDT`, `BTC/USD`; `EURUSD` -> `EUR/USD`; a share's ticker stays. null when it is none of these.
 */
export function canonicalSymbol(text: string): string | null {
  const upper = text.trim().toUpperCase();
  if (BY_SYMBOL.has(upper)) return upper;
  const marked = upper.replace(/[-_:]/, '/');
  const pair = PAIR.exec(marked.includes('/') ? marked : split(marked));
  if (!pair) return null;
  const asset = (name: string | undefined): string => ALIASES.get(name ?? '') ?? name ?? '';
  const symbol = `${asset(pair[1])}/${asset(pair[2])}`;
  return asset(pair[1]) === asset(pair[2]) ? null : symbol;
}

function split(joined: string): string {
  const fits = QUOTE_ASSETS.filter((asset) => joined.endsWith(asset) && joined.length - asset.length >= 2);
  // BNBUSD ends in BUSD too: a base that is known decides.
  const quote = fits.find((asset) => KNOWN_BASES.has(joined.slice(0, -asset.length))) ?? fits[0];
  return quote ? `${joined.slice(0, -quote.length)}/${quote}` : joined;
}

/** An instrument for a pair nobody described yet: class by its currencies, a fine default step until a venue tells its own. */
export function defaultInstrument(symbol: string): Instrument {
  const [base = '', quote = ''] = symbol.split('/');
  if (METALS.has(base) && FIAT.has(quote)) return make(symbol, symbol, 'metal', 0.01, 1);
  if (FIAT.has(base) && FIAT.has(quote)) return make(symbol, symbol, 'fx', quote === 'JPY' ? 0.001 : 0.00001, 1000);
  return make(symbol, symbol, 'crypto', 0.00000001, 0.00000001, ['binance']);
}

/** Instruments by name, each once, in the order asked. The error lists every text that is not a symbol, as it was written. */
export function selectInstruments(symbols: readonly string[]): Result<Instrument[], string[]> {
  const selected = new Map<string, Instrument>();
  const unknown: string[] = [];
  for (const text of symbols) {
    const symbol = canonicalSymbol(text);
    if (symbol === null) unknown.push(text);
    else if (!selected.has(symbol)) selected.set(symbol, BY_SYMBOL.get(symbol) ?? defaultInstrument(symbol));
  }
  return unknown.length > 0 ? err(unknown) : ok([...selected.values()]);
}
