/** One measured number beside its budget. */
export interface Figure {
  readonly name: string;
  /** NaN when it could not be measured; the note says why. */
  readonly value: number;
  readonly unit: string;
  /** The same job done by something else in the same run; NaN = it is not installed. The budget then bounds `value / peer.value`. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** What the product promises; null = shown for information only. */
  readonly budget: number | null;
  /** Whether the value may be at most or must be at least the budget. */
  readonly bound: 'at most' | 'at least';
  /** How far apart the rounds were whose median the value is: (largest - smallest) / median. */
  readonly spread?: number;
  readonly note?: string;
}

export type Verdict = 'ok' | 'over' | 'under' | 'info' | 'not measured' | 'peer not installed';

/** How the product does against its peer; undefined without one. */
export const ratioOf = ({ value, peer }: Figure): number | undefined => (peer ? value / peer.value : undefined);

export function verdict(figure: Figure): Verdict {
  if (Number.isNaN(figure.value)) return 'not measured';
  if (figure.peer && Number.isNaN(figure.peer.value)) return 'peer not installed';
  if (figure.budget === null) return 'info';
  const judged = ratioOf(figure) ?? figure.value;
  if (figure.bound === 'at most') return judged <= figure.budget ? 'ok' : 'over';
  return judged >= figure.budget ? 'ok' : 'under';
}

/** Nothing is wrong with a figure of this verdict. */
export const passes = (outcome: Verdict): boolean => outcome === 'ok' || outcome === 'info' || outcome === 'peer not installed';

const number = (value: number): string => {
  if (Number.isNaN(value)) return '-';
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
};

const budgetText = ({ budget, bound, peer }: Figure): string => (budget === null ? '' : `${bound === 'at most' ? '<=' : '>='} ${String(budget)}${peer ? ' x' : ''}`);

const COLUMNS: readonly { readonly title: string; readonly right?: true; readonly text: (figure: Figure) => string }[] = [
  { title: 'figure', text: (figure) => figure.name },
  { title: 'value', right: true, text: (figure) => number(figure.value) },
  { title: 'unit', text: (figure) => figure.unit },
  { title: 'spread', right: true, text: ({ spread }) => (spread === undefined ? '' : `${(spread * 100).toFixed(0)} %`) },
  { title: 'peer', text: ({ peer }) => peer?.name ?? '' },
  { title: 'its value', right: true, text: ({ peer }) => (peer ? number(peer.value) : '') },
  { title: 'ratio', right: true, text: (figure) => (figure.peer ? number(ratioOf(figure) ?? NaN) : '') },
  { title: 'budget', right: true, text: budgetText },
  { title: 'verdict', text: verdict },
  { title: 'note', text: ({ note }) => note ?? '' },
];

/** The figures as a table for a terminal; a column that has nothing to say is left out. */
export function printable(figures: readonly Figure[]): string {
  const columns = COLUMNS.map(({ title, right, text }) => ({ right, cells: [title, ...figures.map(text)] })).filter(({ cells }) => cells.slice(1).some((cell) => cell !== ''));
  const padded = columns.map(({ right, cells }) => {
    const width = Math.max(...cells.map((cell) => cell.length));
    const pad = (cell: string): string => (right ? cell.padStart(width) : cell.padEnd(width));
    return [pad(cells[0] ?? ''), '-'.repeat(width), ...cells.slice(1).map(pad)];
  });
  return Array.from({ length: figures.length + 2 }, (_, row) => padded.map((cells) => cells[row]).join('  ').trimEnd()).join('\n');
}

/** Median of an odd or even number of rounds, and how far apart they were (Figure.spread). */
export function medianOf(rounds: readonly number[]): { readonly value: number; readonly spread: number } {
  const sorted = [...rounds].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  const value = (at(Math.floor((sorted.length - 1) / 2)) + at(Math.ceil((sorted.length - 1) / 2))) / 2;
  return { value, spread: (at(sorted.length - 1) - at(0)) / value };
}

/** Value below which a share `q` of the samples lies; NaN without samples. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) return NaN;
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}

/** A value at a time: ms, and its unit. */
export type Sample = readonly [ms: number, value: number];

/** Growth per hour of the line through the samples. */
export function slopePerHour(samples: readonly Sample[]): number {
  const n = samples.length;
  const [mx, my] = [0, 1].map((k) => samples.reduce((sum, sample) => sum + (sample[k] ?? 0), 0) / n) as [number, number];
  const over = samples.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return (over / samples.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)) * 3_600_000;
}
