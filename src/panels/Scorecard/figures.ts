import { horizonName, signed } from '@/components/words';
import { formatShare } from '@/composables/format';
import { SCORECARD_WORDS, type ScorecardReport, type SentimentCell, type SignalCell } from '@/core/contract';

/** One figure of a cell, ready to read. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  /** Empty = not enough outcomes. */
  readonly value: string;
  /** Interval, or what it stands beside. */
  readonly range?: string;
  /** Definition in words. */
  readonly words: string;
  readonly n: string;
}

const share = (x: number | null, decimals = 1): string => formatShare(x, decimals).replace('-', '\u2212');
const percent = (x: number | null, decimals = 3): string => (x === null ? '' : `${signed(x * 100, decimals)}%`);
const risk = (x: number | null): string => (x === null ? '' : `${signed(x)} R`);
const plain = (x: number | null, decimals = 2): string => (x === null ? '' : x.toFixed(decimals).replace('-', '\u2212'));
const range = (lo: number | null, hi: number | null, say: (x: number | null) => string): string => (lo === null || hi === null ? '' : `${say(lo)} to ${say(hi)}`);
const count = (n: number): string => n.toLocaleString('en-US');
export { count, percent, risk, share };

/** Every figure of a cell of signals. */
export function signalFigureList(cell: SignalCell, trials: number): Figure[] {
  const n = count(cell.n);
  const { random } = cell;
  const spread = (q: SignalCell['mae']): string => (q === null ? '' : `${risk(q.p10)}, ${risk(q.p50)}, ${risk(q.p90)}`);
  const figure = (id: keyof typeof SCORECARD_WORDS, title: string, value: string, between = '', of = n): Figure => ({ id, title, value, ...(between ? { range: between } : {}), words: SCORECARD_WORDS[id], n: of });
  const randomN = random === null ? '0' : count(random.n);
  return [
    { id: 'n', title: 'Outcomes', value: n, range: `${count(cell.targets)} target, ${count(cell.stops)} stop, ${count(cell.expiries)} expired`, words: SCORECARD_WORDS.n, n },
    { ...figure('n', 'Ended early', count(cell.pending), '', count(cell.pending)), id: 'pending', words: 'Signals that have ended before their 20 candles were over. They count from the end of these on.' },
    ...(cell.clusters === null ? [] : [figure('clusters', 'Stretches of time', count(cell.clusters))]),
    figure('open', 'Open', count(cell.open), '', count(cell.open)),
    figure('void', 'Void', count(cell.void), '', count(cell.void)),
    figure('hit', 'Hit rate', share(cell.hit), range(cell.hitLo, cell.hitHi, share)),
    { ...figure('random', 'Hit rate, random entries', share(random?.hit ?? null), random ? range(random.hitLo, random.hitHi, share) : '', randomN), id: 'randomHit' },
    figure('avgR', 'Average result', risk(cell.avgR)),
    { ...figure('random', 'Average, random entries', risk(random?.avgR ?? null), random ? range(random.avgRLo, random.avgRHi, risk) : '', randomN), id: 'randomR' },
    { ...figure('random', 'Better than random by', risk(random?.above ?? null), random ? range(random.aboveLo, random.aboveHi, risk) : ''), id: 'above', words: 'Average result less that of the random entries, with its 95% interval. An interval that holds 0 means: no better than chance.' },
    figure('avgReturn', 'Average return', percent(cell.avgReturn)),
    figure('holdReturn', 'Average return, holding', percent(cell.holdReturn)),
    figure('profitFactor', 'Profit factor', plain(cell.profitFactor)),
    figure('expectancy', 'Expectancy', percent(cell.expectancy)),
    figure('sqn', 'System quality', plain(cell.sqn)),
    figure('maxDrawdownR', 'Deepest fall', cell.maxDrawdownR === null ? '' : `${plain(cell.maxDrawdownR, 1)} R`),
    figure('longestLosingRun', 'Longest losing run', cell.longestLosingRun === null ? '' : count(cell.longestLosingRun)),
    figure('sharpe', 'Sharpe per trade', plain(cell.sharpe)),
    figure('psr0', 'Probability Sharpe > 0', share(cell.psr0)),
    { ...figure('dsr', 'Deflated Sharpe', share(cell.dsr), `against ${count(trials)} cells`) },
    figure('mae', 'Worst excursion', spread(cell.mae)),
    figure('mfe', 'Best excursion', spread(cell.mfe)),
    figure('barsToTarget', 'Candles to target', plain(cell.barsToTarget, 0), '', count(cell.targets)),
    figure('barsToStop', 'Candles to stop', plain(cell.barsToStop, 0), '', count(cell.stops)),
  ];
}

/** Every figure of a cell of forecasts. */
export function sentimentFigureList(cell: SentimentCell): Figure[] {
  const n = count(cell.n);
  const figure = (id: keyof typeof SCORECARD_WORDS, title: string, value: string, between = ''): Figure => ({ id, title, value, ...(between ? { range: between } : {}), words: SCORECARD_WORDS[id], n });
  return [
    { ...figure('n', 'Moves judged', n), words: 'Forecasts after which the price had risen or fallen at the end of their time.' },
    { ...figure('effective', 'Independent among them', count(Math.round(cell.effective))) },
    ...(cell.clusters === null ? [] : [figure('clusters', 'Stretches of time', count(cell.clusters))]),
    { ...figure('n', 'No move', count(cell.flat)), id: 'flat', words: 'Forecasts after which the price stood where it was: neither a hit nor a miss, counted here.', n: count(cell.flat) },
    { ...figure('open', 'Open', count(cell.open)), words: 'Forecasts whose time is not over.', n: count(cell.open) },
    { ...figure('void', 'Void', count(cell.void)), n: count(cell.void) },
    { ...figure('n', 'Rises among the moves', share(cell.upRate)), id: 'upRate', words: 'Share of the moves that were rises: what always saying up would have hit.' },
    { ...figure('hit', 'Hit rate', share(cell.hit), range(cell.hitLo, cell.hitHi, share)), words: 'Share of moves to the side that had more than 50%, with the 95% interval of Wilson by independent forecasts; of all symbols by stretches of time.' },
    figure('brier', 'Brier score', plain(cell.brier, 4), cell.brier === null ? '' : 'always 0.5: 0.2500'),
    figure('bss', 'Brier skill', percent(cell.bss, 2), range(cell.bssLo, cell.bssHi, (x) => percent(x, 2))),
    figure('bssBase', 'Brier skill, base rate', percent(cell.bssBase, 2)),
    figure('logLoss', 'Log loss', plain(cell.logLoss, 4), cell.logLoss === null ? '' : 'always 0.5: 0.6931'),
    figure('ece', 'Calibration error', share(cell.ece, 2)),
  ];
}

export type Subject = { readonly kind: 'signals'; readonly cell: SignalCell } | { readonly kind: 'sentiment'; readonly cell: SentimentCell };
/** `BTC/USDT, 5m`, `All symbols, all timeframes`. */
export function subjectTitle({ kind, cell }: Subject): string {
  const place = kind === 'signals' ? (cell.tf ?? 'all timeframes') : horizonName(cell.h);
  return `${cell.symbol ?? 'All symbols'}, ${place}`;
}

/** The identity that must hold: `5,180 forecasts = 3,744 outcomes + 1,296 open + 140 void`. */
export function accountWords({ forecasts, outcomes, open, void: none }: ScorecardReport['counts']['signals'], what: string): string {
  return `${count(forecasts)} ${what} = ${count(outcomes)} outcomes + ${count(open)} open + ${count(none)} void`;
}
/** Does it? Anything else is a fault of the server and shown as one. */
export const adds = ({ forecasts, outcomes, open, void: none }: ScorecardReport['counts']['signals']): boolean => forecasts === outcomes + open + none;
