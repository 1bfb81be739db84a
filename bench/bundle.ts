import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { repoRoot } from '../tests/support/shared';
import type { Figure } from './figure';

const DIST = join(repoRoot, 'dist');
const ASSETS = join(DIST, 'assets');

const STATIC_IMPORT = /(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g;
const ANY_IMPORT = /["'`](?:\.\/|assets\/)([\w.-]+\.js)["'`]/g;

const gzipBytes = (path: string): number => gzipSync(readFileSync(path)).length;

const named = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

/** The chunks that a browser must load before it can run `entries`: they and what they import statically. */
function closure(entries: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    named(readFileSync(join(ASSETS, name), 'utf8'), STATIC_IMPORT).forEach(visit);
  };
  entries.forEach(visit);
  return seen;
}

const kilobytes = (names: Iterable<string>): number => [...names].reduce((sum, name) => sum + gzipBytes(join(ASSETS, name)), 0) / 1000;

/** Gzip sizes of what each route loads, from the built files. Chart.js counts where it is fetched: on /analysis. */
export function measureBundle(): Promise<Figure[]> {
  const files = readdirSync(ASSETS);
  const html = readFileSync(join(DIST, 'index.html'), 'utf8');
  const entries = [...html.matchAll(/(?:src|href)="[^"]*?assets\/([\w.-]+\.js)"/g)].map((match) => match[1] ?? '');
  const first = closure(entries);
  const chunkOf = (view: string): string[] => files.filter((file) => file.startsWith(`${view}-`) && file.endsWith('.js'));
  // A view's panels fetch their charts themselves: follow its dynamic imports too.
  const analysis = closure(chunkOf('AnalysisView'));
  // What the first load fetches later by itself (sheets, the palette) is not of this view.
  for (const name of [...analysis].filter((file) => !first.has(file))) closure(named(readFileSync(join(ASSETS, name), 'utf8'), ANY_IMPORT).filter((file) => files.includes(file) && !first.has(file))).forEach((file) => analysis.add(file));
  const more = [...analysis].filter((name) => !first.has(name) && !/View-/.test(name.replace(/^AnalysisView-/, '')));
  const instrument = [...closure(chunkOf('InstrumentView'))].filter((name) => !first.has(name));
  // The panel and the drawing library it fetches, until candles are painted; then what it fetches by itself; not what it fetches on request.
  const chart = closure([...chunkOf('ChartPanel'), ...chunkOf('renderer')]);
  const desk = [...closure(chunkOf('ChartDesk'))].filter((name) => !first.has(name) && !chart.has(name));
  const sheets = files.filter((file) => file.endsWith('.css'));
  const font = files.filter((file) => file.endsWith('.woff2')).map((file) => readFileSync(join(ASSETS, file)).length / 1000);
  const figure = (name: string, value: number, budget: number | null, note?: string): Figure =>
    ({ name, value, unit: 'kB gzip', budget, bound: 'at most', ...(note ? { note } : {}) });
  return Promise.resolve([
    figure('bundle: first load of /market, JS', kilobytes(first), 90, `${first.size} file(s)`),
    figure('bundle: /analysis, further JS', kilobytes(more), 75, more.map((name) => basename(name).replace(/-[\w-]{8}\.js$/, '')).join(' ')),
    figure('bundle: chart, further JS', kilobytes([...chart].filter((name) => !first.has(name))), 60, `until its candles are painted; the drawing library and what calls it: ${kilobytes(chunkOf('renderer')).toFixed(1)}`),
    figure('bundle: chart, after its candles', kilobytes(desk), null, 'bar, legend, drawing tools; a picture, a list of drawings and indicators on request'),
    figure('bundle: /market/:symbol, further JS', kilobytes(instrument), null),
    figure('bundle: all style sheets', kilobytes(sheets), null),
    { name: 'bundle: fonts', value: font.reduce((sum, size) => sum + size, 0), unit: 'kB', budget: null, bound: 'at most', note: `${font.length} file(s)` },
  ]);
}
