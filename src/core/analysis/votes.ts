import type { Strength, Vote } from '../contract';
import { AVERAGE_PERIODS, type RatingInputs } from './ratingInputs';
import type { Series } from './indicators';

/** Least number of votes for a rating. */
export const LEAST_VOTES = 10;
/** Votes of a full rating: 15 averages and 11 oscillators. */
export const ALL_VOTES = 26;

export interface Rating {
  readonly ma: number;
  readonly osc: number;
  /** Mean of both groups. */
  readonly score: number;
  readonly strength: Strength;
  readonly counts: { readonly buy: number; readonly neutral: number; readonly sell: number; readonly na: number };
  readonly votes: readonly Vote[];
}

/** Tolerances that make ties ties: comparisons in price units and in oscillator units (reference set, "Rating rules used"). */
const PRICE_EPSILON = 1e-9;
const OSCILLATOR_EPSILON = 1e-7;

type Sign = -1 | 0 | 1;
type Rule = 'average' | 'cloud' | 'rsi' | 'stoch' | 'cci' | 'adx' | 'ao' | 'momentum' | 'macd' | 'stochRsi' | 'williams' | 'power' | 'ultimate';

/** The rules in words, for a vote to buy, to sell and for none. */
const WORDS: Readonly<Record<Rule, readonly [buy: string, sell: string, none: string]>> = {
  average: ['average below the price', 'average above the price', 'average at the price'],
  cloud: ['cloud rising, base above it, conversion above base, price above conversion', 'cloud falling, base below it, conversion below base, price below conversion', 'cloud, base, conversion and price not in line'],
  rsi: ['below 30 and rising', 'above 70 and falling', 'between 30 and 70, or not turning'],
  stoch: ['K and D below 20, K above D', 'K and D above 80, K below D', 'not turning below 20 or above 80'],
  cci: ['below -100 and rising', 'above 100 and falling', 'between -100 and 100, or not turning'],
  adx: ['above 20 and rising, +DI above -DI', 'above 20 and rising, +DI below -DI', 'below 20 or not rising'],
  ao: ['crossed above zero, or turned up above it', 'crossed below zero, or turned down below it', 'no cross and no turn'],
  momentum: ['rising', 'falling', 'unchanged'],
  macd: ['above its signal line', 'below its signal line', 'at its signal line'],
  stochRsi: ['price below EMA 50, K and D below 20, K above D', 'price above EMA 50, K and D above 80, K below D', 'not turning against the price'],
  williams: ['below -80 and rising', 'above -20 and falling', 'between -80 and -20, or not turning'],
  power: ['price above EMA 50, bear power below zero and rising', 'price below EMA 50, bull power above zero and falling', 'no pull-back that turns'],
  ultimate: ['above 70', 'below 30', 'between 30 and 70'],
};

/** One side of the book of rules; a candidate is null where a value is missing. */
interface Candidate {
  readonly k: string;
  readonly group: 'ma' | 'osc';
  readonly rule: Rule;
  readonly value: number;
  readonly prev?: number;
  readonly buy: boolean;
  readonly sell: boolean;
}

const known = (...values: readonly number[]): boolean => values.every((v) => !Number.isNaN(v));

/** Averages: the price against 12 averages, Hull, VWMA and the Ichimoku picture. */
function averageVotes(x: RatingInputs, i: number): (Candidate | null)[] {
  const p = x.close[i] as number;
  const e = PRICE_EPSILON * Math.abs(p);
  const average = (k: string, series: Series | undefined): Candidate | null => {
    const value = series?.[i] ?? NaN;
    return known(value) ? { k, group: 'ma', rule: 'average', value, buy: p > value + e, sell: p < value - e } : null;
  };
  const [a, b, base, conversion] = [x.senkouA[i] as number, x.senkouB[i] as number, x.kijun[i] as number, x.tenkan[i] as number];
  const cloud: Candidate | null = known(a, b, base, conversion)
    ? {
        k: 'ichimoku', group: 'ma', rule: 'cloud', value: conversion,
        buy: a > b + e && base > a + e && conversion > base + e && p > conversion + e,
        sell: a < b - e && base < a - e && conversion < base - e && p < conversion - e,
      }
    : null;
  return [
    ...AVERAGE_PERIODS.flatMap((n, k) => [average(`sma_${n}`, x.sma[k]), average(`ema_${n}`, x.ema[k])]),
    average('hma_9', x.hma),
    average('vwma_20', x.vwma),
    cloud,
  ];
}

/** An oscillator that votes when it turns inside its zone. */
function turning(k: string, rule: Rule, series: Series, i: number, low: number, high: number): Candidate | null {
  const value = series[i] as number;
  const prev = series[i - 1] ?? NaN;
  const e = OSCILLATOR_EPSILON;
  if (!known(value, prev)) return null;
  return { k, group: 'osc', rule, value, prev, buy: value < low - e && value > prev + e, sell: value > high + e && value < prev - e };
}

/** K and D in the same zone, K leaving it first; either vote only where it may be cast. */
function crossing(k: string, rule: Rule, fast: number, slow: number, mayBuy: boolean, maySell: boolean): Candidate | null {
  const e = OSCILLATOR_EPSILON;
  if (!known(fast, slow)) return null;
  return {
    k, group: 'osc', rule, value: fast, prev: slow,
    buy: mayBuy && fast < 20 - e && slow < 20 - e && fast > slow + e,
    sell: maySell && fast > 80 + e && slow > 80 + e && fast < slow - e,
  };
}

function trendVotes(x: RatingInputs, i: number, e: number): (Candidate | null)[] {
  const o = OSCILLATOR_EPSILON;
  const [adx, adxBefore, plus, minus] = [x.adx[i] as number, x.adx[i - 1] ?? NaN, x.plusDi[i] as number, x.minusDi[i] as number];
  const strong = adx > 20 + o && adx > adxBefore + o;
  const [ao, ao1, ao2] = [x.ao[i] as number, x.ao[i - 1] ?? NaN, x.ao[i - 2] ?? NaN];
  const [mom, mom1] = [x.momentum[i] as number, x.momentum[i - 1] ?? NaN];
  const [macd, signal] = [x.macd[i] as number, x.macdSignal[i] as number];
  return [
    known(adx, adxBefore) ? { k: 'adx_14', group: 'osc', rule: 'adx', value: adx, prev: adxBefore, buy: strong && plus > minus + o, sell: strong && plus < minus - o } : null,
    known(ao, ao1, ao2)
      ? {
          k: 'ao', group: 'osc', rule: 'ao', value: ao, prev: ao1,
          buy: ao > e && (ao1 <= e || (ao > ao1 + e && ao2 > ao1 + e)),
          sell: ao < -e && (ao1 >= -e || (ao < ao1 - e && ao2 < ao1 - e)),
        }
      : null,
    known(mom, mom1) ? { k: 'mom_10', group: 'osc', rule: 'momentum', value: mom, prev: mom1, buy: mom > mom1 + e, sell: mom < mom1 - e } : null,
    known(macd, signal) ? { k: 'macd', group: 'osc', rule: 'macd', value: macd, prev: signal, buy: macd > signal + e, sell: macd < signal - e } : null,
  ];
}

function oscillatorVotes(x: RatingInputs, i: number): (Candidate | null)[] {
  const p = x.close[i] as number;
  const e = PRICE_EPSILON * Math.abs(p);
  const o = OSCILLATOR_EPSILON;
  const ema50 = x.ema[3]?.[i] ?? NaN;
  const [up, down] = [p > ema50 + e, p < ema50 - e];
  const [bull, bull1, bear, bear1] = [x.bull[i] as number, x.bull[i - 1] ?? NaN, x.bear[i] as number, x.bear[i - 1] ?? NaN];
  const final = x.ultimate[i] as number;
  const stochRsi = known(ema50) ? crossing('stochrsi', 'stochRsi', x.stochRsiK[i] as number, x.stochRsiD[i] as number, down, up) : null;
  return [
    turning('rsi_14', 'rsi', x.rsi, i, 30, 70),
    crossing('stoch_14_3_3', 'stoch', x.stochK[i] as number, x.stochD[i] as number, true, true),
    turning('cci_20', 'cci', x.cci, i, -100, 100),
    ...trendVotes(x, i, e),
    stochRsi,
    turning('willr_14', 'williams', x.williams, i, -80, -20),
    known(ema50, bull, bull1, bear, bear1)
      ? { k: 'bbp_13', group: 'osc', rule: 'power', value: up ? bear : bull, prev: up ? bear1 : bull1, buy: up && bear < -e && bear > bear1 + e, sell: down && bull > e && bull < bull1 - e }
      : null,
    known(final) ? { k: 'uo', group: 'osc', rule: 'ultimate', value: final, buy: final > 70 + o, sell: final < 30 - o } : null,
  ];
}

/** Class of a score: limits at 0.1 and 0.5 on both sides. */
export function strengthOf(score: number): Strength {
  if (score < -0.5) return 'STRONG_SELL';
  if (score < -0.1) return 'SELL';
  if (score <= 0.1) return 'NEUTRAL';
  return score <= 0.5 ? 'BUY' : 'STRONG_BUY';
}

function toVote(c: Candidate): Vote {
  const vote: Sign = c.buy ? 1 : c.sell ? -1 : 0;
  const rule = WORDS[c.rule][c.buy ? 0 : c.sell ? 1 : 2];
  return { k: c.k, value: c.value, ...(c.prev === undefined ? {} : { prev: c.prev }), vote, rule, group: c.group };
}

/** The rating of candle `i`; null below `LEAST_VOTES` votes or where a whole group is missing. */
export function rate(x: RatingInputs, i: number): Rating | null {
  const votes = [...averageVotes(x, i), ...oscillatorVotes(x, i)].flatMap((c) => (c ? [toVote(c)] : []));
  const mean = (group: 'ma' | 'osc'): number | null => {
    const own = votes.filter((v) => v.group === group);
    return own.length === 0 ? null : own.reduce((sum, v) => sum + v.vote, 0) / own.length;
  };
  const [ma, osc] = [mean('ma'), mean('osc')];
  if (votes.length < LEAST_VOTES || ma === null || osc === null) return null;
  const score = (ma + osc) / 2;
  const count = (sign: Sign): number => votes.filter((v) => v.vote === sign).length;
  return { ma, osc, score, strength: strengthOf(score), counts: { buy: count(1), neutral: count(0), sell: count(-1), na: ALL_VOTES - votes.length }, votes };
}
