import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advance, openPosition } from '@/core/analysis/scorecard';
import type { Candle } from '@/core/market/outputs';
import { createScoreLog } from '../../../server/scorelog/scoreLog';
import { verifyLog } from '../../../server/scorelog/verify';
import { repoRoot } from '../../support/shared';
import { MINUTE, signal, T0 } from './outputs';

let dir = '';
let text = '';
const file = (): string => join(dir, 'scorelog/live.signals/2026-03-10.jsonl');
const root = (): string => join(dir, 'scorelog');
/** Minutes that fall by 1 from 100: each signal to buy at 1 ATR is stopped in the second candle. */
const CANDLES: readonly Candle[] = Array.from({ length: 60 }, (_, k) => ({ openTime: T0 + k * MINUTE, open: 200 - k, high: 200.5 - k, low: 198.8 - k, close: 199 - k, volume: 1 }));

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'verify-log-'));
  const score = createScoreLog({ dataDir: dir, log: pino({ level: 'silent' }), clock: { now: () => T0, monotonic: () => 0 } });
  await score.open();
  for (let k = 0; k < 30; k += 3) {
    const { record } = signal(k);
    score.record({ type: 'signal', record });
    const position = openPosition(1, 1, { stopAtr: 1.5, targetAtr: 3, expiryBars: 20 });
    for (const candle of CANDLES.slice(k)) {
      const end = advance(position, candle);
      if (!end) continue;
      const { reason, ...figures } = end;
      const { id, method, symbol, tf, asOf } = record;
      score.record({ type: 'outcome', of: 'signal', outcome: { id, method, source: 'live', symbol, tf, asOf, side: 1, ts: candle.openTime + MINUTE, result: reason, reason: '', ...figures } });
      break;
    }
  }
  await score.close();
  text = readFileSync(file(), 'utf8');
});
afterAll(() => rmSync(dir, { recursive: true }));

const candles = (list: readonly Candle[]) => ({ from, to }: { from: number; to: number }) => Promise.resolve(list.filter((c) => c.openTime >= from && c.openTime <= to));
/** First problem after a change of the file; the file is as before afterwards. */
async function changed(other: string): Promise<string | null> {
  writeFileSync(file(), other);
  const [chain] = await verifyLog(root(), null);
  writeFileSync(file(), text);
  return chain?.problem ?? null;
}

describe('verify-log', () => {
  it('recomputes chain and outcomes', async () => {
    expect(await verifyLog(root(), candles(CANDLES))).toMatchObject([{ chain: 'live.signals', problem: null, records: 22, forecasts: 10, outcomes: 10, check: { equal: 10, corrected: 0, missing: 0, wrong: 0 } }]);
  });

  it('tells a wrong outcome from candles that were corrected or are gone', async () => {
    const corrected = CANDLES.map((c, k) => (k === 3 ? { ...c, low: c.low - 5 } : c));
    expect((await verifyLog(root(), candles(corrected)))[0]?.check).toMatchObject({ equal: 9, corrected: 1, wrong: 0 });
    expect((await verifyLog(root(), candles(CANDLES.slice(10))))[0]?.check?.missing).toBeGreaterThan(0);
  });

  it('finds every changed byte, and every deleted, repeated, swapped or added line', async () => {
    const lines = text.trimEnd().split('\n');
    const join2 = (list: readonly string[]): string => `${list.join('\n')}\n`;
    for (let at = 0; at < text.length; at += 97) expect(await changed(`${text.slice(0, at)}${text[at] === '7' ? '8' : '7'}${text.slice(at + 1)}`), `byte ${at}`).not.toBeNull();
    for (let k = 0; k < lines.length; k++) {
      expect(await changed(join2(lines.toSpliced(k, 1))), `without line ${k}`).not.toBeNull();
      expect(await changed(join2(lines.toSpliced(k, 0, lines[k] ?? ''))), `line ${k} twice`).not.toBeNull();
      if (k > 0) expect(await changed(join2(lines.with(k, lines[k - 1] ?? '').with(k - 1, lines[k] ?? ''))), `lines ${k - 1} and ${k} swapped`).not.toBeNull();
    }
    expect(await changed(`${text}{}\n`)).not.toBeNull();
    expect(await changed('')).not.toBeNull();
  }, 30_000);

  it('as a command: table, exit code, a place somebody kept', async () => {
    const run = (...args: string[]): Promise<{ code: number; out: string }> => new Promise((resolve) => {
      execFile(process.execPath, ['--import', 'tsx', 'server/cli/verifyLog.ts', '--dir', dir, '--no-candles', ...args], { cwd: repoRoot }, (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out: out + err }));
    });
    const [, seq = '', hash = ''] = /head (\d+) ([0-9a-f]{64})/.exec((await run()).out) ?? [];
    expect(await run('--head', `live.signals:${seq}:${hash}`)).toMatchObject({ code: 0, out: expect.stringMatching(/^live\.signals +22 +1 +10 +10 +0 +0 .* ok$/m) as string });
    expect(await run('--head', `live.signals:${seq}:${'0'.repeat(64)}`)).toMatchObject({ code: 1, out: expect.stringContaining('has another hash') as string });
    writeFileSync(file(), text.replace('"BUY"', '"SEL"'));
    expect(await run()).toMatchObject({ code: 1, out: expect.stringContaining('CHANGED') as string });
    writeFileSync(file(), text);
    expect((await run('--wrong')).code).toBe(2);
  }, 60_000);
});
