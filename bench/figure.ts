/** One measured number beside its budget. */
export interface Figure {
  readonly name: string;
  /** NaN when it could not be measured; the note says why. */
  readonly value: number;
  readonly unit: string;
  /** What the product promises; null = shown for information only. */
  readonly budget: number | null;
  /** Whether the value may be at most or must be at least the budget. */
  readonly bound: 'at most' | 'at least';
  readonly note?: string;
}

export type Verdict = 'ok' | 'over' | 'under' | 'info' | 'not measured';

export function verdict(figure: Figure): Verdict {
  if (Number.isNaN(figure.value)) return 'not measured';
  if (figure.budget === null) return 'info';
  if (figure.bound === 'at most') return figure.value <= figure.budget ? 'ok' : 'over';
  return figure.value >= figure.budget ? 'ok' : 'under';
}

const number = (value: number): string => {
  if (Number.isNaN(value)) return '-';
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
};

const budgetText = ({ budget, bound }: Figure): string => (budget === null ? '' : `${bound === 'at most' ? '<=' : '>='} ${String(budget)}`);

/** The figures as a table for a terminal. */
export function printable(figures: readonly Figure[]): string {
  const head = ['figure', 'value', 'unit', 'budget', 'verdict', 'note'];
  const rows = figures.map((figure) => [figure.name, number(figure.value), figure.unit, budgetText(figure), verdict(figure), figure.note ?? '']);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => ([1, 3].includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** Value below which a share `q` of the samples lies; NaN without samples. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) return NaN;
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}
