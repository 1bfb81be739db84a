import type { Action, Strength } from '@/core/contract';

export const STRENGTH_WORDS: Readonly<Record<Strength, string>> = { STRONG_BUY: 'Strong buy', BUY: 'Buy', NEUTRAL: 'Neutral', SELL: 'Sell', STRONG_SELL: 'Strong sell' };
export const ACTION_SIDE: Readonly<Record<Action, 'up' | 'down' | ''>> = { BUY: 'up', SELL: 'down', NEUTRAL: '' };

const ACRONYMS: ReadonlySet<string> = new Set(['rsi', 'ema', 'sma', 'wma', 'hma', 'vwma', 'macd', 'cci', 'adx', 'atr', 'obv', 'mfi', 'roc', 'sar', 'clv']);
const FULL_NAMES: Readonly<Record<string, string>> = {
  willr: 'Williams %R', mom: 'Momentum', stoch: 'Stochastic', stochrsi: 'Stochastic RSI', ao: 'Awesome oscillator', uo: 'Ultimate oscillator', bbp: 'Bull and bear power',
};
const partName = (part: string, first: boolean): string =>
  FULL_NAMES[part] ?? (ACRONYMS.has(part) ? part.toUpperCase() : first ? part.charAt(0).toUpperCase() + part.slice(1) : part);
/** `rsi_14` as `RSI 14`, `willr_14` as `Williams %R 14`, `last_move` as `Last move`. */
export const indicatorName = (k: string): string => k.split('_').map((part, i) => partName(part, i === 0)).join(' ');

/** A horizon in seconds as `10 s`, `5 min`, `1 h`. */
export function horizonName(seconds: number): string {
  if (seconds < 60) return `${String(seconds)} s`;
  return seconds < 3600 ? `${String(seconds / 60)} min` : `${String(seconds / 3600)} h`;
}

/** `+0.42`, with a true minus. */
export const signed = (value: number, decimals = 2): string => `${value > 0 ? '+' : value < 0 ? '\u2212' : ''}${Math.abs(value).toFixed(decimals)}`;
