import { INTERVAL_MS } from '@/core/contract';
import type { Instrument } from '@/core/market/instrument';
import type { FeedStatusOutput } from '@/core/market/outputs';
import { Sessions } from '@/core/market/sessions';
import type { Bus } from '../bus/bus';
import type { Clock } from '../observability/clock';
import type { Gap, GapState, HistoryArchive, HistoryWriter } from './port';

const MINUTE = INTERVAL_MS['1m'];
const DAY = 86_400_000;
/** A silence is noticed this much after it began at most, ms (watchdog of the connectors). */
const NOTICED_WITHIN_MS = 15_000;
/** Gaps that are kept in mind for repair; of more, the oldest are left as they are. */
const MOST_OPEN = 2_000;

export interface GapLedgerOptions {
  readonly bus: Bus;
  readonly history: Pick<HistoryArchive, 'gaps' | 'newestMinutes'> & Pick<HistoryWriter, 'writeGap'>;
  readonly instruments: readonly Instrument[];
  /** Symbols by live venue that sends trades or candles of them; what other venues send makes no history. */
  readonly served: () => ReadonlyMap<string, readonly string[]>;
  readonly clock: Clock;
  /** Days that minutes are kept: older ones are not missed. */
  readonly candleDays: number;
}

const down = (ms: number): number => Math.floor(ms / MINUTE) * MINUTE;
const up = (ms: number): number => Math.ceil(ms / MINUTE) * MINUTE;

/**
 * Knows which minutes of the live market nobody was there to receive: those between the newest stored one and the start of this process, and those
 * in which no venue that serves the symbol was live. A minute without a trade is no gap. Every gap is written down with its reason when it is
 * noticed, and again with what came of it; it is never deleted while its minutes are within retention.
 */
export class GapLedger {
  private readonly gaps = new Map<string, Gap>();
  private readonly live = new Set<string>();
  /** Symbols that no venue serves: since when (ms), and why. */
  private readonly lost = new Map<string, { readonly since: number; readonly reason: string }>();
  private readonly classes: ReadonlyMap<string, Instrument['assetClass']>;
  private readonly unsubscribe: () => void;

  constructor(private readonly options: GapLedgerOptions) {
    this.classes = new Map(options.instruments.map(({ symbol, assetClass }) => [symbol, assetClass]));
    this.unsubscribe = options.bus.subscribe((message) => {
      if (message.type === 'output' && message.output.type === 'feedStatus') this.onStatus(message.output);
    });
  }

  stop(): void {
    this.unsubscribe();
  }

  /** Reads what earlier runs left open and notes the time since the newest stored minute. Rejects when history cannot be read. */
  async begin(): Promise<void> {
    const { history, clock, candleDays } = this.options;
    const now = clock.now();
    const since = now - candleDays * DAY;
    for (const gap of await history.gaps({ kind: 'live', symbol: null, from: since, to: null, limit: MOST_OPEN })) if (gap.state === 'open') this.gaps.set(key(gap), gap);
    for (const [symbol, newest] of await history.newestMinutes('live', since)) {
      if (this.classes.has(symbol)) this.note(symbol, newest + MINUTE, now, 'the server was not running');
    }
  }

  /** Gaps to be repaired, newest first. */
  open(): readonly Gap[] {
    return [...this.gaps.values()].sort((a, b) => b.start - a.start);
  }

  /** Minutes of a range in which the market was open. */
  minutes({ symbol, start, stop }: Pick<Gap, 'symbol' | 'start' | 'stop'>): number[] {
    const assetClass = this.classes.get(symbol) ?? 'crypto';
    const sessions = new Sessions();
    const found: number[] = [];
    for (let time = start; time < stop; time += MINUTE) if (sessions.at(assetClass, time).state === 'open') found.push(time);
    return found;
  }

  settle(gap: Gap, state: Exclude<GapState, 'open'>, note: string): void {
    this.gaps.delete(key(gap));
    this.options.history.writeGap({ ...gap, state, note: note.slice(0, 300), ended: this.options.clock.now() });
  }

  private note(symbol: string, from: number, to: number, reason: string): void {
    const gap: Gap = { symbol, kind: 'live', start: down(from), stop: up(to), reason, noticed: this.options.clock.now(), state: 'open', note: '', ended: null };
    if (gap.stop - gap.start <= MINUTE || this.minutes(gap).length === 0) return;
    if (this.gaps.size >= MOST_OPEN) this.gaps.delete(key(this.open().at(-1) ?? gap));
    this.gaps.set(key(gap), gap);
    this.options.history.writeGap(gap);
  }

  private onStatus({ venue, state, reason }: FeedStatusOutput): void {
    const now = this.options.clock.now();
    const symbols = this.options.served().get(venue) ?? [];
    if (state === 'live') {
      this.live.add(venue);
      for (const symbol of symbols) {
        const lost = this.lost.get(symbol);
        this.lost.delete(symbol);
        if (lost) this.note(symbol, lost.since, now, lost.reason);
      }
      return;
    }
    if (!this.live.delete(venue)) return;
    for (const symbol of symbols) {
      if (this.isServed(symbol) || this.lost.has(symbol)) continue;
      this.lost.set(symbol, { since: now - NOTICED_WITHIN_MS, reason: `no live source; the last was ${venue}: ${reason}`.slice(0, 300) });
    }
  }

  private isServed(symbol: string): boolean {
    return [...this.options.served()].some(([venue, symbols]) => this.live.has(venue) && symbols.includes(symbol));
  }
}

const key = (gap: Gap): string => `${gap.symbol}|${gap.start}`;
