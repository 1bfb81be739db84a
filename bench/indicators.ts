import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Frame } from '@/core/analysis/frame';
import { Indicators } from '@/core/analysis/indicators';
import { REFERENCE_SET } from '@/core/analysis/indicators/registry';
import { newTally, tally } from '@/core/analysis/votes';
import type { Candle } from '@/core/market/outputs';
import { walk } from '../tests/core/analysis/walk';
import { quantile, type Figure } from './figure';

const ROUNDS = 7;
const VOTED = 100_000;
const ALL = 20_000;
const GROWTH_UPDATES = 1_000_000;
const CANDLES = walk('bench', 4_096);
const candle = (i: number): Candle => CANDLES[i & 4095] as Candle;

/** Median over the rounds of the processor time of one step, us. */
function cost(steps: number, step: (c: Candle) => void): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const started = process.cpuUsage();
    for (let i = 0; i < steps; i++) step(candle(i));
    const { user, system } = process.cpuUsage(started);
    return (user + system) / steps;
  });
  return quantile(rounds, 0.5);
}

/** Growth of the heap over many steps once it is warm, garbage collected before and after, MB. */
function growth(step: (c: Candle) => void): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 20_000; i++) step(candle(i));
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < GROWTH_UPDATES; i++) step(candle(i));
  collect();
  return Math.max(0, process.memoryUsage().heapUsed - before) / 2 ** 20;
}

/** Cost of the rating inputs (with their votes) and of every column of the reference set, for a closed candle and a forming one. */
export function measureIndicators(): Promise<Figure[]> {
  const voted = new Indicators();
  const ahead = new Frame();
  const counted = newTally();
  const all = REFERENCE_SET.map(({ spec, params }) => ({ indicator: spec.create(params), into: new Float64Array(spec.columns(params).length) }));
  const columns = all.reduce((n, { into }) => n + into.length, 0);
  const next = (c: Candle): void => {
    for (const { indicator } of all) indicator.next(c);
  };
  const peek = (c: Candle): void => {
    for (const { indicator, into } of all) indicator.peek(c, into);
  };
  const figure = (name: string, value: number, unit: string, budget: number | null, note: string): Figure => ({ name: `indicators: ${name}`, value, unit, budget, bound: 'at most', note });
  const votedNote = `median of ${ROUNDS} x ${VOTED} candles`;
  const allNote = `median of ${ROUNDS} x ${ALL} candles, ${all.length} indicators, ${columns} columns`;
  return Promise.resolve([
    figure('26 rating inputs, one closed candle', cost(VOTED, (c) => voted.next(c)), 'us', 1.5, votedNote),
    figure('26 rating inputs, one forming candle', cost(VOTED, (c) => voted.peek(c, ahead)), 'us', 1, votedNote),
    figure('counting the 26 votes', cost(VOTED, () => tally(ahead, counted)), 'us', null, votedNote),
    figure('whole reference set, one closed candle', cost(ALL, next), 'us', null, allNote),
    figure('whole reference set, one forming candle', cost(ALL, peek), 'us', null, allNote),
    figure('heap after a million rating inputs', growth((c) => tally(voted.next(c), counted)), 'MB', 1, 'more than before, garbage collected'),
    figure('heap after a million candles, whole set', growth(next), 'MB', 1, 'more than before, garbage collected'),
  ]);
}
