import type { Action, Strength } from '@/core/contract';

export const STRENGTH_WORDS: Readonly<Record<Strength, string>> = { STRONG_BUY: 'Strong buy', BUY: 'Buy', NEUTRAL: 'Neutral', SELL: 'Sell', STRONG_SELL: 'Strong sell' };
export const ACTION_SIDE: Readonly<Record<Action, 'up' | 'down' | ''>> = { BUY: 'up', SELL: 'down', NEUTRAL: '' };

const ACRONYMS: ReadonlySet<string> = new Set(['rsi', 'ema', 'sma', 'wma', 'hma', 'vwma', 'macd', 'cci', 'adx', 'atr', 'obv', 'mfi', 'ao', 'uo', 'di', 'roc', 'sar', 'dmi', 'bbp', 'clv']);
/** `rsi_14` as `RSI 14`, `last_move` as `Last move`. */
export const indicatorName = (k: string): string =>
  k.split('_').map((part, i) => (ACRONYMS.has(part) ? part.toUpperCase() : i === 0 ? part.charAt(0).toUpperCase() + part.slice(1) : part)).join(' ');

/** A horizon in seconds as `10 s`, `5 min`, `1 h`. */
export function horizonName(seconds: number): string {
  if (seconds < 60) return `${String(seconds)} s`;
  return seconds < 3600 ? `${String(seconds / 60)} min` : `${String(seconds / 3600)} h`;
}

/** `+0.42`, with a true minus. */
export const signed = (value: number, decimals = 2): string => `${value > 0 ? '+' : value < 0 ? '\u2212' : ''}${Math.abs(value).toFixed(decimals)}`;
