import { readOutcomeSignals, judgeSignals } from '@/core/analysis/outcomes';
import { err, ok } from '@/core/util/result';
import { basename } from 'node:path';
import { readCandles, readOptions, readText, type Subcommand } from './analyzeInput';

/**
 * `analyze -- outcomes --candles FILE.csv[.gz] --signals FILE.json`: what became of each signal by the fixed fill rules, and all of
 * them together, as JSON in the shape of the reference scorecards.
 */
export const outcomes: Subcommand = async (args) => {
  const options = readOptions(args, ['candles', 'signals']);
  if (!options.ok) return options;
  const [candleFile, signalFile] = ['candles', 'signals'].map((name) => options.value.values.get(name));
  if (candleFile === undefined) return err('--candles FILE.csv is missing');
  if (signalFile === undefined) return err('--signals FILE.json is missing');
  const [file, text] = [await readCandles(candleFile), await readText(signalFile)];
  if (!file.ok) return file;
  if (!text.ok) return text;
  const read = readOutcomeSignals(text.value, file.value.candles.length);
  if (!read.ok) return err(`${signalFile}: ${read.error}`);
  return ok(`${JSON.stringify({ candles: basename(candleFile), ...judgeSignals(read.value, file.value.candles) }, null, 1)}\n`);
};
