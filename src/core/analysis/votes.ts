import type { Strength, Vote } from '../contract';
import { AVERAGE_PERIODS, type Frame } from './frame';

/** Least number of votes for a rating: below it there is no label. */
export const LEAST_VOTES = 20;
/** Votes of a full rating: 15 averages and 11 oscillators. */
export const ALL_VOTES = 26;

/** Outcome of all votes at one candle; written anew for each. */
export interface Tally {
  ma: number;
  osc: number;
  /** Mean of both groups. */
  score: number;
  buy: number;
  neutral: number;
  sell: number;
}

export const newTally = (): Tally => ({ ma: 0, osc: 0, score: 0, buy: 0, neutral: 0, sell: 0 });

/** Tolerances that make ties ties: comparisons in price units and in oscillator units (reference set, "Rating rules used"). */
const PRICE_EPSILON = 1e-9;
const O = 1e-7;

type Cast = -1 | 0 | 1;
type Values = Readonly<Frame>;

/** One vote of the book of rules. `cast` is asked only where every value is defined. */
interface Rule {
  readonly k: string;
  readonly group: 'ma' | 'osc';
  /** The rule in words, for a vote to buy, to sell and for none. */
  readonly words: readonly [buy: string, sell: string, none: string];
  /** Every value it needs is there. */
  defined(f: Values): boolean;
  /** `e`: the tolerance in price units. */
  cast(f: Values, e: number): Cast;
  value(f: Values): number;
  prev?(f: Values, e: number): number;
}

const vote = (buy: boolean, sell: boolean): Cast => (buy ? 1 : sell ? -1 : 0);
/** NaN is the only number that differs from itself; one sum is NaN if any part is. */
const isNumber = (x: number): boolean => x === x;
const EMA50 = AVERAGE_PERIODS.indexOf(50);
const ema50 = (f: Values): number => f.ema[EMA50] as number;
/** The price against an average. */
const against = (close: number, value: number, e: number): Cast => vote(close > value + e, close < value - e);
const AVERAGE = ['average below the price', 'average above the price', 'average at the price'] as const;

function average(k: string, value: (f: Values) => number): Rule {
  return {
    k, group: 'ma', words: AVERAGE, value,
    defined: (f) => isNumber(value(f)),
    cast: (f, e) => against(f.close, value(f), e),
  };
}

/** An oscillator that votes when it turns inside its zone. */
function turning(k: string, value: (f: Values) => number, prev: (f: Values) => number, low: number, high: number): Rule {
  return {
    k, group: 'osc', words: [`below ${low} and rising`, `above ${high} and falling`, `between ${low} and ${high}, or not turning`], value, prev,
    defined: (f) => isNumber(value(f) + prev(f)),
    cast: (f) => vote(value(f) < low - O && value(f) > prev(f) + O, value(f) > high + O && value(f) < prev(f) - O),
  };
}

/** K and D in the same zone, K leaving it first. */
const crossing = (k: number, d: number): Cast => vote(k < 20 - O && d < 20 - O && k > d + O, k > 80 + O && d > 80 + O && k < d - O);
const above = (f: Values, e: number): boolean => f.close > ema50(f) + e;
const below = (f: Values, e: number): boolean => f.close < ema50(f) - e;

const CLOUD: Rule = {
  k: 'ichimoku', group: 'ma', value: (f) => f.conversion,
  words: ['cloud rising, base above it, conversion above base, price above conversion', 'cloud falling, base below it, conversion below base, price below conversion', 'cloud, base, conversion and price not in line'],
  defined: (f) => isNumber(f.spanA + f.spanB + f.base + f.conversion),
  cast: ({ spanA: a, spanB: b, base, conversion, close }, e) => vote(
    a > b + e && base > a + e && conversion > base + e && close > conversion + e,
    a < b - e && base < a - e && conversion < base - e && close < conversion - e,
  ),
};

/** All votes in the order they are shown. */
const RULES: readonly Rule[] = [
  ...AVERAGE_PERIODS.flatMap((n, k) => [average(`sma_${n}`, (f) => f.sma[k] as number), average(`ema_${n}`, (f) => f.ema[k] as number)]),
  average('hma_9', (f) => f.hma),
  average('vwma_20', (f) => f.vwma),
  CLOUD,
  turning('rsi_14', (f) => f.rsi, (f) => f.rsi1, 30, 70),
  {
    k: 'stoch_14_3_3', group: 'osc', words: ['K and D below 20, K above D', 'K and D above 80, K below D', 'not turning below 20 or above 80'],
    value: (f) => f.stochK, prev: (f) => f.stochD,
    defined: (f) => isNumber(f.stochK + f.stochD),
    cast: (f) => crossing(f.stochK, f.stochD),
  },
  turning('cci_20', (f) => f.cci, (f) => f.cci1, -100, 100),
  {
    k: 'adx_14', group: 'osc', words: ['above 20 and rising, +DI above -DI', 'above 20 and rising, +DI below -DI', 'below 20 or not rising'],
    value: (f) => f.adx, prev: (f) => f.adx1,
    defined: (f) => isNumber(f.adx + f.adx1),
    cast(f) {
      const strong = f.adx > 20 + O && f.adx > f.adx1 + O;
      return vote(strong && f.plusDi > f.minusDi + O, strong && f.plusDi < f.minusDi - O);
    },
  },
  {
    k: 'ao', group: 'osc', words: ['crossed above zero, or turned up above it', 'crossed below zero, or turned down below it', 'no cross and no turn'],
    value: (f) => f.ao, prev: (f) => f.ao1,
    defined: (f) => isNumber(f.ao + f.ao1 + f.ao2),
    cast: ({ ao, ao1, ao2 }, e) => vote(
      ao > e && (ao1 <= e || (ao > ao1 + e && ao2 > ao1 + e)),
      ao < -e && (ao1 >= -e || (ao < ao1 - e && ao2 < ao1 - e)),
    ),
  },
  {
    k: 'mom_10', group: 'osc', words: ['rising', 'falling', 'unchanged'],
    value: (f) => f.momentum, prev: (f) => f.momentum1,
    defined: (f) => isNumber(f.momentum + f.momentum1),
    cast: (f, e) => vote(f.momentum > f.momentum1 + e, f.momentum < f.momentum1 - e),
  },
  {
    k: 'macd', group: 'osc', words: ['above its signal line', 'below its signal line', 'at its signal line'],
    value: (f) => f.macd, prev: (f) => f.macdSignal,
    defined: (f) => isNumber(f.macd + f.macdSignal),
    cast: (f, e) => vote(f.macd > f.macdSignal + e, f.macd < f.macdSignal - e),
  },
  {
    k: 'stochrsi', group: 'osc', words: ['price below EMA 50, K and D below 20, K above D', 'price above EMA 50, K and D above 80, K below D', 'not turning against the price'],
    value: (f) => f.stochRsiK, prev: (f) => f.stochRsiD,
    defined: (f) => isNumber(f.stochRsiK + f.stochRsiD + ema50(f)),
    cast(f, e) {
      const cross = crossing(f.stochRsiK, f.stochRsiD);
      return vote(cross > 0 && below(f, e), cross < 0 && above(f, e));
    },
  },
  turning('willr_14', (f) => f.williams, (f) => f.williams1, -80, -20),
  {
    k: 'bbp_13', group: 'osc', words: ['price above EMA 50, bear power below zero and rising', 'price below EMA 50, bull power above zero and falling', 'no pull-back that turns'],
    value: (f) => (above(f, PRICE_EPSILON * f.close) ? f.bear : f.bull), prev: (f, e) => (above(f, e) ? f.bear1 : f.bull1),
    defined: (f) => isNumber(f.bull + f.bull1 + f.bear + f.bear1 + ema50(f)),
    cast: (f, e) => vote(above(f, e) && f.bear < -e && f.bear > f.bear1 + e, below(f, e) && f.bull > e && f.bull < f.bull1 - e),
  },
  {
    k: 'uo', group: 'osc', words: ['above 70', 'below 30', 'between 30 and 70'],
    value: (f) => f.ultimate,
    defined: (f) => isNumber(f.ultimate),
    cast: (f) => vote(f.ultimate > 70 + O, f.ultimate < 30 - O),
  },
];

/** Names of all votes, in the order they are shown. */
export const VOTES: readonly string[] = RULES.map(({ k }) => k);

/** The simple and exponential averages lead `RULES`, in turn. */
const AVERAGES = 2 * AVERAGE_PERIODS.length;

/** Class of a score: limits at 0.1 and 0.5 on both sides. */
export function strengthOf(score: number): Strength {
  if (score < -0.5) return 'STRONG_SELL';
  if (score < -0.1) return 'SELL';
  if (score <= 0.1) return 'NEUTRAL';
  return score <= 0.5 ? 'BUY' : 'STRONG_BUY';
}

/** Counts the votes at a candle. false: fewer than `LEAST_VOTES` or a whole group missing; `into` is then of no use. */
export function tally(f: Values, into: Tally): boolean {
  const e = PRICE_EPSILON * Math.abs(f.close);
  let ma = 0, osc = 0, mas = 0, oscs = 0, buy = 0, sell = 0;
  // The first rules in a plain loop: they are half of all votes.
  for (let i = 0; i < AVERAGES; i++) {
    const value = (i % 2 === 0 ? f.sma[i >> 1] : f.ema[i >> 1]) as number;
    if (!isNumber(value)) continue;
    const cast = against(f.close, value, e);
    if (cast > 0) buy++;
    else if (cast < 0) sell++;
    ma += cast;
    mas++;
  }
  for (let i = AVERAGES; i < RULES.length; i++) {
    const rule = RULES[i] as Rule;
    if (!rule.defined(f)) continue;
    const cast = rule.cast(f, e);
    if (cast > 0) buy++;
    else if (cast < 0) sell++;
    if (rule.group === 'ma') {
      ma += cast;
      mas++;
    } else {
      osc += cast;
      oscs++;
    }
  }
  const votes = mas + oscs;
  if (votes < LEAST_VOTES || mas === 0 || oscs === 0) return false;
  into.ma = ma / mas;
  into.osc = osc / oscs;
  into.score = (into.ma + into.osc) / 2;
  into.buy = buy;
  into.sell = sell;
  into.neutral = votes - buy - sell;
  return true;
}

/** Every vote cast at a candle with its values and its rule in words: made only for what is sent. */
export function rationale(f: Values): Vote[] {
  const e = PRICE_EPSILON * Math.abs(f.close);
  const votes: Vote[] = [];
  for (const rule of RULES) {
    if (!rule.defined(f)) continue;
    const { k, group, words } = rule;
    const cast = rule.cast(f, e);
    const word = words[cast > 0 ? 0 : cast < 0 ? 1 : 2];
    votes.push(rule.prev ? { k, value: rule.value(f), prev: rule.prev(f, e), vote: cast, rule: word, group } : { k, value: rule.value(f), vote: cast, rule: word, group });
  }
  return votes;
}
