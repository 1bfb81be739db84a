import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import type { Candle } from '@/core/market/outputs';
import { err, ok, type Result } from '@/core/util/result';

/** One subcommand of `analyze`: takes the arguments after its name, gives the text to print or one line that says what is wrong. */
export type Subcommand = (args: readonly string[]) => Promise<Result<string, string>>;

/** The value of `--name value` or `--name=value` for each name, and the switches that were given. */
export interface Options {
  readonly values: ReadonlyMap<string, string>;
  readonly switches: ReadonlySet<string>;
}

/** Reads options of which every one in `names` has a value and every one in `switches` has none; the error is one clear line. */
export function readOptions(args: readonly string[], names: readonly string[], switches: readonly string[] = []): Result<Options, string> {
  const values = new Map<string, string>();
  const given = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const [, name = '', attached] = /^--([a-z-]+)(?:=(.*))?$/s.exec(args[i] ?? '') ?? [];
    if (switches.includes(name) && attached === undefined) given.add(name);
    else if (!names.includes(name)) return err(`unknown argument ${args[i] ?? ''}`);
    else {
      const value = attached ?? args[++i];
      if (value === undefined || value === '') return err(`--${name} needs a value`);
      values.set(name, value);
    }
  }
  return ok({ values, switches: given });
}

/** The text of a file, unpacked when its name ends in .gz. */
export async function readText(file: string): Promise<Result<string, string>> {
  try {
    const bytes = await readFile(file);
    return ok((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
  } catch (error) {
    return err(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Candles of a file, oldest first. */
export interface CandleFile {
  readonly candles: readonly Candle[];
  /** false when no candle of the file has volume, or the file has no such column: then they are quotes, whose volume is unknown. */
  readonly hasVolume: boolean;
}

const FIELDS = ['t', 'o', 'h', 'l', 'c'] as const;

/**
 * Reads CSV with the columns t (open time, epoch ms, UTC), o, h, l, c and, if any, v, in any order; others are passed over.
 * A row that is no candle is an error with its line, never left out: what follows would be computed over a hole.
 */
export async function readCandles(file: string): Promise<Result<CandleFile, string>> {
  const text = await readText(file);
  if (!text.ok) return text;
  const [head = '', ...lines] = text.value.replace(/^\uFEFF/, '').split(/\r?\n/);
  const names = head.split(',').map((name) => name.trim());
  const places = FIELDS.map((name) => names.indexOf(name));
  const missing = FIELDS.filter((_, k) => places[k] === -1);
  if (missing.length > 0) return err(`${file}: its first line must name the columns t,o,h,l,c,v; there is no ${missing.join(', ')}`);
  const volumeAt = names.indexOf('v');
  const candles: Candle[] = [];
  for (const [k, line] of lines.entries()) {
    if (line === '') continue;
    const cells = line.split(',');
    const read = (place: number): number => (cells[place]?.trim() ? Number(cells[place]) : NaN);
    const [openTime = NaN, open = NaN, high = NaN, low = NaN, close = NaN] = places.map(read);
    const volume = volumeAt === -1 ? 0 : read(volumeAt);
    const whole = Number.isSafeInteger(openTime) && Number.isFinite(open + high + low + close + volume);
    if (!whole || low <= 0 || volume < 0 || high < Math.max(open, close, low) || low > Math.min(open, close)) return err(`${file}, line ${k + 2} is no candle: ${line.slice(0, 120)}`);
    candles.push({ openTime, open, high, low, close, volume });
  }
  return ok({ candles, hasVolume: candles.some(({ volume }) => volume > 0) });
}

/** A number with up to 12 significant digits as C's %.12g, the format of the reference set; not defined: an empty cell. */
export function twelveDigits(x: number): string {
  if (Number.isNaN(x)) return '';
  if (x === 0) return '0';
  const [mantissa = '', power = '0'] = x.toExponential(11).split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 12) return `${withoutZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return withoutZeros(x.toFixed(11 - exponent));
}

const withoutZeros = (digits: string): string => (digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits);

/**
 * A subcommand that turns the candles of `--candles FILE.csv[.gz]` into a table. Values made of volume are left out (`withVolume` false) when no
 * candle has any, or by `--no-volume`.
 */
export function overCandles(table: (file: CandleFile, withVolume: boolean) => string): Subcommand {
  return async (args) => {
    const options = readOptions(args, ['candles'], ['no-volume']);
    if (!options.ok) return options;
    const file = options.value.values.get('candles');
    if (file === undefined) return err('--candles FILE.csv is missing');
    const read = await readCandles(file);
    return read.ok ? ok(table(read.value, read.value.hasVolume && !options.value.switches.has('no-volume'))) : read;
  };
}
