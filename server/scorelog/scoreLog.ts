import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CHAIN_FAMILIES, type ChainFamily } from '@/core/analysis/chainRecords';
import { addCounts, ScorecardBook } from '@/core/analysis/scorecardBook';
import type { ChainHead, DataKind, FeedMode, Interval, ScorecardReport, ScorecardWindow } from '@/core/contract';
import type { EngineOutput, ModeOutput } from '@/core/market/outputs';
import type { Clock } from '../observability/clock';
import type { Logger } from '../observability/logger';
import type { StoredMarket } from './carried';
import { chainFolders } from './files';
import { Slot } from './slot';

export interface ScoreLogOptions {
  /** Folder of the data; `:memory:` = nothing is kept on disk. */
  readonly dataDir: string;
  /** Wall clock, the time of live data. */
  readonly clock: Clock;
  readonly log: Logger;
  /** Time between two writes, ms: what a killed process may lose of what it told. */
  readonly flushMs?: number;
  /** Stored candles, by which live signals that were open at a restart are judged; without them they are void. */
  readonly market?: StoredMarket;
}

/** The tamper-evident log of signals, forecasts and what became of them, and the scorecard made of it. */
export interface ScoreLog {
  /** Finds where each chain goes on. Before the first output. */
  open(): Promise<void>;
  /** Logs what belongs there, at once; the same output with `seq`, `prev` and `hash`. Never throws. */
  record(output: EngineOutput): EngineOutput;
  heads(): readonly ChainHead[];
  /** `now`: present of that kind of data; null where it is not shown at the moment: the time of its newest record. */
  report(query: { readonly source: DataKind; readonly window: ScorecardWindow; readonly symbol: string | null; readonly tf: Interval | null; readonly now: number | null }): ScorecardReport;
  /** Judges live signals that an earlier run left open, as far as stored candles reach. Done by itself each half a minute. */
  settle(): Promise<void>;
  /** Waits until what was logged is on disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const FLUSH_MS = 250;
/** The time that was missed is noted and loaded first. */
const SETTLE_MS = 30_000;
/** Missing minutes that nobody could load by then, ms after the start, are given up. */
const PATIENCE_MS = 6 * 3_600_000;
/** Replays are each a chain of their own; so many are kept. */
const REPLAYS_KEPT = 20;
const FOLDER = 'scorelog';
const KINDS = ['live', 'simulated', 'replay'] as const;
type Kind = (typeof KINDS)[number];
const isKind = (kind: unknown): kind is Kind => KINDS.some((name) => name === kind);

/** Kind, time and family of an output that is logged; null for every other. */
function placeOf(output: EngineOutput): { kind: unknown; ts: number; family: ChainFamily } | null {
  if (output.type === 'signal') return { kind: output.record.source, ts: output.record.ts, family: 'signals' };
  if (output.type === 'sentiment') return output.symbol === null ? null : { kind: output.data.source, ts: output.data.ts, family: 'sentiment' };
  if (output.type !== 'outcome') return null;
  if (output.of === 'signal') return { kind: output.outcome.source, ts: output.outcome.ts, family: 'signals' };
  if (output.of === 'random') return { kind: output.entries.source, ts: output.entries.ts, family: 'signals' };
  const [first] = output.outcomes;
  return first ? { kind: first.source, ts: Math.max(...output.outcomes.map((o) => o.ts)), family: 'sentiment' } : null;
}

class FileScoreLog implements ScoreLog {
  private readonly slots = new Map<string, Slot>();
  private readonly books: Record<Kind, ScorecardBook> = { live: new ScorecardBook(), simulated: new ScorecardBook(), replay: new ScorecardBook() };
  /** Chains that are not continued any more and still have something to write. */
  private leaving: Slot[] = [];
  private readonly root: string | null;
  private replays = 0;
  private mode: FeedMode = 'none';
  private since = -Infinity;
  private loading = 0;
  private writing: Promise<void> | null = null;
  private timers: NodeJS.Timeout[] = [];
  private startedAt = Infinity;
  private settling: Promise<void> | null = null;

  constructor(private readonly options: ScoreLogOptions) {
    this.root = options.dataDir === ':memory:' ? null : join(options.dataDir, FOLDER);
  }

  async open(): Promise<void> {
    if (this.timers.length === 0) this.timers = [setInterval(() => void this.flush(), this.options.flushMs ?? FLUSH_MS), setInterval(() => void this.settle(), SETTLE_MS)];
    this.startedAt = Math.min(this.startedAt, this.options.clock.monotonic());
    if (this.root === null) return;
    await mkdir(this.root, { recursive: true }).catch((error: unknown) => this.options.log.error({ err: error }, 'the score log has no folder'));
    const folders = await chainFolders(this.root);
    this.replays = Math.max(0, ...folders.map((name) => Number(/^replay-(\d{6})\./.exec(name)?.[1] ?? 0)));
    for (const kind of ['live', 'simulated'] as const) for (const family of CHAIN_FAMILIES) await this.find(kind, family, folders);
    const old = [...new Set(folders.flatMap((name) => /^replay-\d{6}/.exec(name)?.[0] ?? []))].sort().slice(0, -REPLAYS_KEPT);
    for (const run of old) for (const family of CHAIN_FAMILIES) await rm(join(this.root, `${run}.${family}`), { recursive: true, force: true });
  }

  record(output: EngineOutput): EngineOutput {
    if (output.type === 'mode') this.changeMode(output);
    const place = placeOf(output);
    if (!place || !isKind(place.kind) || !Number.isFinite(place.ts)) return output;
    try {
      return this.slot(place.kind, place.family).take(output, place.ts);
    } catch (error) {
      // A fault of ours: the record is missing from the log, the stream goes on.
      this.options.log.error({ err: error, output: output.type }, 'a record could not be logged');
      return output;
    }
  }

  heads(): readonly ChainHead[] {
    return [...this.slots.values()].map((slot) => slot.head());
  }

  report({ source, window, symbol, tf, now: present }: Parameters<ScoreLog['report']>[0]): ScorecardReport {
    const kind = isKind(source) ? source : 'live';
    const own = CHAIN_FAMILIES.map((family) => this.slots.get(`${kind}.${family}`));
    const newest = kind === 'live' ? -Infinity : Math.max(...own.map((slot) => slot?.latest ?? -Infinity));
    const now = present ?? (Number.isFinite(newest) ? newest : this.options.clock.now());
    const counts = (family: ChainFamily): ReturnType<typeof addCounts> =>
      addCounts(own.flatMap((slot) => (slot?.family === family ? [slot.chain.counts, slot.earlier.counts] : [])));
    const open = own.flatMap((slot) => (slot ? [...slot.chain.ledger.open(), ...slot.earlier.open()] : []));
    return {
      source, window, at: now, loading: this.loading > 0, counts: { signals: counts('signals'), sentiment: counts('sentiment') },
      ...this.books[kind].report({ window, symbol, tf, now, open }), chains: own.flatMap((slot) => slot?.head() ?? []),
    };
  }

  async settle(): Promise<void> {
    const { market, clock, log } = this.options;
    const slot = this.slots.get('live.signals');
    if (!market || !slot || this.settling) return this.settling ?? undefined;
    this.settling = slot.settle(market, clock.now(), clock.monotonic() - this.startedAt < PATIENCE_MS)
      .catch((error: unknown) => log.warn({ err: error }, 'signals of before the restart cannot be judged yet'))
      .finally(() => (this.settling = null));
    return this.settling;
  }

  async flush(): Promise<void> {
    // One after the other: a batch must not overtake the one before.
    this.writing = (this.writing ?? Promise.resolve()).then(() => this.write());
    await this.writing;
  }

  async close(): Promise<void> {
    for (const timer of this.timers.splice(0)) clearInterval(timer);
    await this.settling;
    for (const [name, slot] of this.slots) if (!name.startsWith('replay')) slot.stop();
    await this.flush();
    for (const slot of this.slots.values()) await slot.close();
  }

  private async write(): Promise<void> {
    const now = this.options.clock.now();
    for (const slot of [...this.slots.values(), ...this.leaving]) {
      if (slot.name.startsWith('live') && slot.chain.position.seq > 0) slot.turn(now);
      await slot.flush();
    }
    for (const slot of this.leaving.splice(0)) await slot.close();
  }

  /** The chain that is continued: the newest of its kind whose end is whole, or a new one beside a damaged one. */
  private async find(kind: Kind, family: ChainFamily, folders: readonly string[]): Promise<void> {
    const { log, clock } = this.options;
    const root = this.root ?? '';
    const known = folders.filter((name) => new RegExp(`^${kind}(-\\d{3})?\\.${family}$`).test(name)).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    let name = known.at(-1) ?? `${kind}.${family}`;
    let slot: Slot;
    try {
      slot = await Slot.open(name, family, root, this.books[kind]);
    } catch (error) {
      log.error({ err: error, chain: name }, 'the score log was changed or cut; a new chain begins beside it (npm run verify-log tells more)');
      name = `${kind}-${String(known.length + 1).padStart(3, '0')}.${family}`;
      slot = new Slot(name, family, root, this.books[kind]);
    }
    this.slots.set(`${kind}.${family}`, slot);
    this.loading++;
    slot.load(() => (kind === 'live' ? clock.now() : null), kind === 'live' && this.options.market !== undefined)
      .then((problem) => problem !== null && log.error({ chain: name, problem }, 'the score log was changed (npm run verify-log tells more)'))
      .catch((error: unknown) => log.error({ err: error, chain: name }, 'the score log cannot be read'))
      .finally(() => this.loading--);
  }

  private slot(kind: Kind, family: ChainFamily): Slot {
    const key = `${kind}.${family}`;
    let slot = this.slots.get(key);
    if (!slot) {
      const name = kind === 'replay' ? `replay-${String(this.replays).padStart(6, '0')}.${family}` : key;
      this.slots.set(key, (slot = new Slot(name, family, this.root, this.books[kind])));
    }
    return slot;
  }

  /** A replay starts, or starts again: its records are a run of their own. */
  private changeMode({ mode, since }: ModeOutput): void {
    const same = this.mode === mode && since >= this.since;
    this.mode = mode;
    this.since = since;
    if (mode !== 'replay' || same) return;
    this.replays++;
    this.books.replay = new ScorecardBook();
    for (const family of CHAIN_FAMILIES) {
      const slot = this.slots.get(`replay.${family}`);
      if (slot) this.leaving.push(slot);
      this.slots.delete(`replay.${family}`);
    }
  }
}

export function createScoreLog(options: ScoreLogOptions): ScoreLog {
  return new FileScoreLog(options);
}
