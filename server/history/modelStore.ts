import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import * as v from 'valibot';
import type { SentimentState, SymbolState } from '@/core/analysis';
import type { Logger } from '../observability/logger';

const FILE = 'sentiment.jsonl';
const SAVE_EVERY_MS = 300_000;

const Numbers = v.pipe(v.array(v.number()), v.maxLength(4_096));
const Scale = v.object({ count: v.number(), mean: Numbers, variance: Numbers });
const Sums = v.object({
  n: v.number(), flat: v.number(), called: v.number(), hits: v.number(), brier: v.number(), effective: v.number(), flatShare: v.number(), flatWeight: v.number(),
  blockEnd: v.number(), blockSkill: v.number(), blockCount: v.number(), skill: v.number(), skillSquares: v.number(), skillCounts: v.number(), counts: v.number(),
});
const Horizon = v.object({
  seconds: v.number(), made: v.number(), open: v.number(),
  forecaster: v.object({ same: v.number(), other: v.number(), weights: Numbers, mean: Numbers, covariance: Numbers, heat: Numbers, heatCovariance: Numbers }),
  track: v.object({ sums: Sums, voids: Numbers, bins: Numbers }),
});
/** Only what was learned of live markets is kept: a simulated one gives the same values at each start, a replayed one begins where it begins. */
const Line = v.object({ method: v.string(), kind: v.literal('live'), symbol: v.pipe(v.string(), v.maxLength(32)), fed: v.number(), candleScale: Scale, bookScale: Scale, horizons: v.pipe(v.array(Horizon), v.maxLength(8)) });

export interface ModelStoreOptions {
  readonly dataDir: string;
  readonly state: () => SentimentState;
  readonly restore: (state: SentimentState) => number;
  readonly log: Logger;
}

/** Keeps what the sentiment model has learned over a restart, in a file of one line per symbol. Without the file, or with one that does not fit, it begins anew. */
export class ModelStore {
  private timer: NodeJS.Timeout | null = null;
  private saving: Promise<void> = Promise.resolve();

  constructor(private readonly options: ModelStoreOptions) {}

  /** Before the first input: hands over what was kept, symbol by symbol; number of symbols that go on. From then on it is kept every five minutes. */
  async open(): Promise<number> {
    const { dataDir, restore, log } = this.options;
    const text = await readFile(join(dataDir, FILE), 'utf8').catch(() => '');
    let restored = 0, refused = 0;
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const read = parse(line);
      const count = read === null ? 0 : restore({ method: read.method, symbols: [read] });
      restored += count;
      refused += 1 - count;
      await turn();
    }
    if (refused > 0) log.warn({ refused }, 'what the sentiment model had learned of some symbols cannot be read; there it begins anew');
    this.timer = setInterval(() => void this.save(), SAVE_EVERY_MS).unref();
    return restored;
  }

  /** Writes the present state; a reader finds the old file or the new one, never a half. */
  save(): Promise<void> {
    return (this.saving = this.saving.then(() => this.write()).catch((error: unknown) => this.options.log.warn({ err: error }, 'what the sentiment model has learned cannot be written')));
  }

  async close(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.save();
  }

  private async write(): Promise<void> {
    const { method, symbols } = this.options.state();
    const lines: string[] = [];
    for (const symbol of symbols) {
      if (symbol.kind !== 'live') continue;
      lines.push(JSON.stringify({ method, ...symbol } satisfies SymbolState & { method: string }));
      await turn();
    }
    if (lines.length === 0) return;
    const path = join(this.options.dataDir, FILE);
    await writeFile(`${path}.new`, `${lines.join('\n')}\n`);
    await rename(`${path}.new`, path);
  }
}

function parse(line: string): v.InferOutput<typeof Line> | null {
  try {
    const read = v.safeParse(Line, JSON.parse(line));
    return read.success ? read.output : null;
  } catch {
    return null; // no JSON: counted by the caller
  }
}
