import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluateRun, overMinutes } from '@/core/analysis/mix/prequential';
import { sentiment } from '../../../server/cli/analyzeSentiment';
import { dependentWalk, simulatedTouch } from '../../support/sentimentRows';

const scratch = mkdtempSync(join(tmpdir(), 'tickglass-sentiment-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const rows = dependentWalk(1, 900, 0.2);
const mids = join(scratch, 'mids.csv.gz');
writeFileSync(mids, gzipSync(`t,o,h,l,c,v\n${rows.map((r) => [r.openTime, r.open, r.high, r.low, r.close, 0].join(',')).join('\n')}\n`));
const touch = join(scratch, 'touch.csv');
writeFileSync(touch, `ms,bid,bidSize,ask,askSize\n${simulatedTouch(1, 600).map((r) => [r.time, r.bid, r.bidSize, r.ask, r.askSize].join(',')).join('\n')}\n`);
const bad = join(scratch, 'bad.csv');
writeFileSync(bad, 'ms,bid,bidSize,ask,askSize\n1,10,1,9,1\n');

const parsed = async (args: readonly string[]): Promise<unknown> => {
  const result = await sentiment(args);
  return result.ok ? (JSON.parse(result.value) as unknown) : result.error;
};

describe('analyze -- sentiment', () => {
  it('prints what the live model makes of minutes of mids, packed or not', async () => {
    const expected = evaluateRun(overMinutes(rows, 225), 60).map((e) => ({ h: e.h, n: e.n, hit: e.hit, brier: e.brier, brierSkill: e.brierSkill, ece: e.ece }));
    expect(await parsed(['--mids', mids])).toMatchObject({ method: 'mix@1', rows: 900, burnIn: 225, horizons: expected });
    expect(expected.map((e) => e.h)).toEqual([60, 300, 900, 3600]);
  });

  it('takes best bids and asks second by second, and a burn-in', async () => {
    expect(await parsed([`--mids=${touch}`, '--burn-in', '10'])).toMatchObject({ rows: 600, burnIn: 10, horizons: [{ h: 1 }, { h: 5 }, { h: 10 }, { h: 30 }, { h: 60 }] });
  });

  it.each([[['--burn-in', '5'], '--mids FILE.csv is missing'], [['--mids', bad], 'line 2'], [['--mids', mids, '--burn-in', 'x'], 'whole number'], [['--mids', join(scratch, 'none.csv')], 'cannot be read']])('says what is wrong with %j', async (args, words) => {
    expect(await parsed(args)).toContain(words);
  });
});
