import { Indicators } from '@/core/analysis/indicators';
import { ALL_VOTES, newTally, rationale, strengthOf, tally, VOTES } from '@/core/analysis/votes';
import { overCandles, twelveDigits, type CandleFile } from './analyzeInput';

/**
 * `analyze -- ratings --candles FILE.csv[.gz] [--no-volume]`: the rating of every candle at which all votes are defined, with its
 * votes, as CSV in the columns of the reference set. Without volume there is no vote of the VWMA.
 */
export const ratings = overCandles(ratingTable);

/** One line per candle with a full set of votes. */
export function ratingTable({ candles }: CandleFile, withVolume: boolean): string {
  const names = VOTES.filter((name) => withVolume || name !== 'vwma_20');
  const taken = new Indicators();
  const counted = newTally();
  const lines = [['i', 't', 'ma', 'osc', 'all', 'label', 'nMa', 'nOsc', ...names].join(',')];
  for (const [i, candle] of candles.entries()) {
    const frame = taken.next(withVolume ? candle : { ...candle, volume: 0 });
    if (!tally(frame, counted)) continue;
    const votes = rationale(frame);
    if (votes.length < (withVolume ? ALL_VOTES : ALL_VOTES - 1)) continue;
    const averages = votes.filter(({ group }) => group === 'ma').length;
    const { ma, osc, score } = counted;
    lines.push([i, candle.openTime, ...[ma, osc, score].map(twelveDigits), strengthOf(score), averages, votes.length - averages, ...votes.map(({ vote }) => vote)].join(','));
  }
  return `${lines.join('\n')}\n`;
}
