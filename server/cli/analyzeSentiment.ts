import { evaluateRun, overMinutes, overTouch, type PrequentialRun, type TouchRow } from '@/core/analysis/mix/prequential';
import { SENTIMENT_METHOD } from '@/core/analysis/sentiment';
import { err, ok, type Result } from '@/core/util/result';
import { readCandles, readOptions, readText, type Subcommand } from './analyzeInput';

/** Forecasts left out at the start, while nothing is learned yet; of a short file a quarter. */
const BURN_IN = 3_000;
const TOUCH_FIELDS = ['ms', 'bid', 'bidSize', 'ask', 'askSize'] as const;

/**
 * `analyze -- sentiment --mids FILE.csv[.gz] [--burn-in N]`: the live model over minutes of mid prices (t,o,h,l,c,v), or over best bids and
 * asks second by second (ms,bid,bidSize,ask,askSize): per horizon what became of its forecasts, as JSON.
 */
export const sentiment: Subcommand = async (args) => {
  const options = readOptions(args, ['mids', 'burn-in']);
  if (!options.ok) return options;
  const file = options.value.values.get('mids');
  if (file === undefined) return err('--mids FILE.csv is missing');
  const given = options.value.values.get('burn-in');
  if (given !== undefined && !/^\d{1,9}$/.test(given)) return err('--burn-in must be a whole number of forecasts');
  const burnInOf = (rows: number): number => (given === undefined ? Math.min(BURN_IN, Math.floor(rows / 4)) : Number(given));
  const text = await readText(file);
  if (!text.ok) return text;
  if (text.value.startsWith('ms,')) {
    const rows = readTouch(file, text.value);
    return rows.ok ? ok(report(overTouch(rows.value, burnInOf(rows.value.length)), rows.value.length, burnInOf(rows.value.length), 1)) : rows;
  }
  const read = await readCandles(file);
  if (!read.ok) return read;
  const { candles } = read.value;
  return ok(report(overMinutes(candles, burnInOf(candles.length)), candles.length, burnInOf(candles.length), 60));
};

function readTouch(file: string, text: string): Result<TouchRow[], string> {
  const [head = '', ...lines] = text.trimEnd().split(/\r?\n/);
  const names = head.split(',').map((name) => name.trim());
  const places = TOUCH_FIELDS.map((name) => names.indexOf(name));
  if (places.includes(-1)) return err(`${file}: its first line must name the columns ${TOUCH_FIELDS.join(',')}`);
  const rows: TouchRow[] = [];
  for (const [k, line] of lines.entries()) {
    const cells = line.split(',');
    const [time = NaN, bid = NaN, bidSize = NaN, ask = NaN, askSize = NaN] = places.map((place) => (cells[place]?.trim() ? Number(cells[place]) : NaN));
    if (!Number.isFinite(time + bid + ask + bidSize + askSize) || bid <= 0 || ask < bid || time < (rows.at(-1)?.time ?? 0)) return err(`${file}, line ${k + 2} is no best bid and ask: ${line.slice(0, 120)}`);
    rows.push({ time, bid, bidSize, ask, askSize });
  }
  return ok(rows);
}

function report(run: PrequentialRun, rows: number, burnIn: number, everySeconds: number): string {
  const horizons = evaluateRun(run, everySeconds).map((e) => ({ ...e, arrows: run.called.get(e.h) ?? 0 }));
  return `${JSON.stringify({ method: SENTIMENT_METHOD, rows, burnIn, horizons }, null, 2)}\n`;
}
