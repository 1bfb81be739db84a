/** Colours and font of a chart as the style sheets resolve them now: a canvas does not follow style sheets by itself. */
export interface ChartLook {
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly line: string;
  readonly panel: string;
  readonly up: string;
  readonly down: string;
  readonly accent: string;
  readonly amber: string;
  readonly hatch: string;
  /** Colours of indicator lines, none of which means a direction. */
  readonly series: readonly string[];
  readonly font: string;
}

const TOKENS = { text: '--text', muted: '--text-3', grid: '--line', line: '--line-strong', panel: '--panel', up: '--up', down: '--down', accent: '--accent', amber: '--amber', hatch: '--hatch' } as const;
const SERIES = ['--chart-1', '--chart-2', '--chart-3', '--chart-4', '--chart-5'] as const;

/** @param probe an element of the chart, used to resolve tokens; its own colour is put back. */
export function readLook(probe: HTMLElement): ChartLook {
  const before = probe.style.color;
  const colour = (token: string): string => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const named = Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, colour(token)])) as Record<keyof typeof TOKENS, string>;
  const look = { ...named, series: SERIES.map(colour), font: getComputedStyle(probe).fontFamily };
  probe.style.color = before;
  return look;
}

/** A colour, `rgb(…)` or `rgba(…)`, with another opacity. */
export function faded(colour: string, opacity: number): string {
  const [r = '0', g = '0', b = '0'] = colour.match(/[\d.]+/g) ?? [];
  return `rgba(${r}, ${g}, ${b}, ${String(opacity)})`;
}
