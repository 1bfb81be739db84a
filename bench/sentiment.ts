import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { evaluateRun, MINUTE_SPECS, overMinutes, overTouch, type MinuteRow, type PrequentialRun, type TouchRow } from '@/core/analysis/mix/prequential';
import type { Evaluation } from '@/core/analysis/mix/metrics';
import { Sentiment } from '@/core/analysis/sentiment';
import { sharedPath } from '../tests/support/shared';
import { dependentWalk, minutesOf, randomWalk, simulatedTouch } from '../tests/support/sentimentRows';
import type { Figure } from './figure';

const BURN_IN = 3_000;
const SEEDS = [1, 2, 3, 4, 5];
const DAY = 86_400;
const mean = (x: readonly number[]): number => x.reduce((sum, v) => sum + v, 0) / x.length;

const info = (name: string, value: number, unit: string, note = ''): Figure => ({ name, value, unit, budget: null, bound: 'at most', note });

/** Microseconds of processor time from forecast to lesson, features included. */
function cost(): Figure[] {
  const rows = randomWalk(9, 30_000);
  const minutes = (count: number): number => {
    const model = new Sentiment(Infinity, MINUTE_SPECS);
    const began = process.cpuUsage();
    for (let i = 0; i < count; i++) {
      const { openTime, close } = rows[i] as MinuteRow;
      const candles = rows.slice(Math.max(0, i - 1), i + 1);
      const now = openTime + 60_000;
      model.quote({ symbol: 'X', mid: close, last: null, spread: null, venue: 'v', kind: 'simulated', now });
      model.minute({ symbol: 'X', interval: '1m', candles, kind: 'simulated', venue: 'v', now, mid: close, warm: false }, () => undefined);
    }
    return process.cpuUsage(began).user / (count * MINUTE_SPECS.length);
  };
  const touch = simulatedTouch(9, 60_000);
  const seconds = (): number => {
    const model = new Sentiment(30_000);
    const began = process.cpuUsage();
    for (const { time, bid, ask, bidSize, askSize } of touch) {
      model.quote({ symbol: 'X', mid: (bid + ask) / 2, last: null, spread: ask - bid, bidSize, askSize, venue: 'v', kind: 'simulated', now: time });
      model.clock(time, () => undefined);
    }
    return process.cpuUsage(began).user / touch.length;
  };
  const best = (run: () => number): number => Math.min(run(), run(), run());
  return [
    { name: 'sentiment: symbol x horizon at a candle close', value: best(() => minutes(rows.length)), unit: 'us', budget: 10, bound: 'at most', note: '4 horizons, 17 features' },
    { name: 'sentiment: symbol, one second', value: best(seconds), unit: 'us', budget: 10, bound: 'at most', note: '10 s horizon, 7 features of the book' },
  ];
}

const at = (run: PrequentialRun, h: number, everySeconds: number): Evaluation | undefined => evaluateRun(run, everySeconds).find((e) => e.h === h);

/** Random walks, planted dependence, and the simulator: what the model must find, and must not. */
function honesty(): Figure[] {
  const walks = SEEDS.map((seed) => overMinutes(randomWalk(seed, 30_000), BURN_IN));
  const skill = (h: number): number => 100 * mean(walks.map((run) => at(run, h, 60)?.brierSkill ?? NaN));
  const arrows = Math.max(...walks.flatMap((run) => [...run.called.values(), 0]));
  const planted = [0.1, -0.1].flatMap((phi) => {
    const found = SEEDS.map((seed) => at(overMinutes(dependentWalk(seed, 30_000, phi), BURN_IN), 60, 60));
    return [
      { name: `planted AR(1) ${phi}: hits`, value: 100 * mean(found.map((e) => e?.hit ?? NaN)), unit: '%', budget: 52.2, bound: 'at least' as const, note: '5 seeds; theory 53.2' },
      { name: `planted AR(1) ${phi}: Brier skill`, value: 100 * mean(found.map((e) => e?.brierSkill ?? NaN)), unit: '%', budget: 0.25, bound: 'at least' as const },
    ];
  });
  return [
    { name: 'random walk: Brier skill at 1 bar, 5 seeds', value: skill(60), unit: '%', budget: -0.05, bound: 'at least', note: 'budget -0.05 to +0.03' },
    { name: 'random walk: Brier skill at 5 bars', value: skill(300), unit: '%', budget: -0.08, bound: 'at least', note: 'budget -0.08 to +0.04' },
    { name: 'random walk: share of arrows', value: 100 * arrows, unit: '%', budget: 0.5, bound: 'at most' },
    ...planted, ...simulated(),
  ];
}

function simulated(): Figure[] {
  const days = [1, 2, 3].map((seed) => simulatedTouch(seed, 2 * DAY));
  const touch = days.map((rows) => evaluateRun(overTouch(rows, BURN_IN), 1));
  const least = new Map([[1, 25], [5, 4.5], [10, 2]]);
  const book = [...least].map(([h, budget]): Figure => {
    const found = touch.map((e) => e.find((x) => x.h === h));
    return {
      name: `simulator with its book: Brier skill at ${h} s`, value: 100 * mean(found.map((e) => e?.brierSkill ?? NaN)), unit: '%', budget, bound: 'at least',
      note: `hits ${(100 * mean(found.map((e) => e?.hit ?? NaN))).toFixed(1)}%, ECE ${(100 * mean(found.map((e) => e?.ece ?? NaN))).toFixed(2)}%`,
    };
  });
  const minutes = [1, 2, 3].map((seed) => overMinutes(minutesOf(simulatedTouch(seed, 21 * DAY)), BURN_IN));
  const candles = [60, 300, 900].map((h): Figure => ({
    name: `simulator from candles: Brier skill at ${h / 60} m`, value: 100 * mean(minutes.map((run) => at(run, h, 60)?.brierSkill ?? NaN)), unit: '%', budget: -0.12, bound: 'at least', note: '3 seeds x 21 days; budget -0.12 to +0.05',
  }));
  return [...book, ...candles];
}

function rowsOf(file: string): number[][] {
  return gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n').slice(1).map((line) => line.split(',').map(Number));
}

const minuteRows = (file: string): MinuteRow[] => rowsOf(file).map(([openTime = 0, open = 0, high = 0, low = 0, close = 0, volume = 0]) => ({ openTime, open, high, low, close, volume }));
const touchRows = (file: string): TouchRow[] => rowsOf(file).map(([time = 0, bid = 0, bidSize = 0, ask = 0, askSize = 0]) => ({ time, bid, bidSize, ask, askSize }));

/** The real data sets beside the repository, when they are there. */
function reference(): Figure[] {
  const figures: Figure[] = [];
  const tell = (name: string, evaluations: readonly Evaluation[]): void => {
    for (const e of evaluations) {
      const unit = e.h < 60 ? `${e.h} s` : `${e.h / 60} m`;
      figures.push(info(`${name}, ${unit}: hits`, 100 * (e.hit ?? NaN), '%', `n ${e.n}, Brier skill ${(100 * e.brierSkill).toFixed(2)}%, DM ${(e.dmT ?? NaN).toFixed(1)}, ECE ${(100 * e.ece).toFixed(2)}%`));
    }
  };
  for (const name of ['btcusd-coinbase', 'eurusd-oanda', 'spy-usa']) {
    const file = sharedPath(`reference/sentiment/${name}-1m-mid.csv.gz`);
    if (!file) continue;
    const rows = minuteRows(file);
    tell(name, evaluateRun(overMinutes(rows, Math.min(BURN_IN, Math.floor(rows.length / 4))), 60));
  }
  for (const name of ['aig-20131007', 'aig-20131008']) {
    const file = sharedPath(`reference/topbook/${name}-1s.csv.gz`);
    if (file) tell(name, evaluateRun(overTouch(touchRows(file), BURN_IN), 1));
  }
  return figures;
}

/** Cost and honesty of the sentiment model; some minutes of computing. */
export async function measureSentiment(): Promise<Figure[]> {
  return Promise.resolve([...cost(), ...honesty(), ...reference()]);
}
