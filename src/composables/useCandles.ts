import { onScopeDispose, shallowRef, toValue, watch, type MaybeRefOrGetter, type ShallowRef } from 'vue';
import { channelOf, type CandleData, type CandlesAnswer, type DataKind, type Interval } from '@/core/contract';
import { ChartSeries, MOST_BARS, type ChartChange } from '@/core/market/chartBars';
import type { AssetClass } from '@/core/market/instrument';
import type { Candle } from '@/core/market/outputs';
import type { Api } from '@/service';
import { useCandleStore } from '@/stores/candles';
import { useConnectionStore } from '@/stores/connection';
import { useMarketStore } from '@/stores/market';
import { useClient } from './useClient';
import { useSubscription } from './useSubscription';

/** Candles a page holds. */
const PAGE = 1_000;
/** Shortest time between two changes of the forming candle that are shown, ms: 10 a second. */
const LIVE_EVERY_MS = 100;
/** The server makes seconds and keeps two minutes of them; no channel carries them, so they are asked for. */
const SECONDS_EVERY_MS = 1_000;
/** While the server repairs a gap the page is read again this often, ms: what was loaded takes the place of the hole. */
const MENDING_EVERY_MS = 10_000;
/** Wait before what failed is asked for again, ms. */
const RETRY_MS = 5_000;

export type CandleState = 'loading' | 'ready' | 'empty' | 'failed';
export type OlderCandles = 'more' | 'busy' | 'end' | 'unknown';
export interface CandleFeed {
  readonly series: Readonly<ShallowRef<ChartSeries>>;
  readonly state: Readonly<ShallowRef<CandleState>>;
  /** Why there is nothing, or not all, in words; empty otherwise. */
  readonly words: Readonly<ShallowRef<string>>;
  readonly source: Readonly<ShallowRef<DataKind | 'unknown'>>;
  /** What comes before the first candle: `busy` while it is asked for. */
  readonly older: Readonly<ShallowRef<OlderCandles>>;
  readonly note: Readonly<ShallowRef<string>>;
  /** Called after each change of the series; `all` also when it is another one. */
  onChange(listener: (change: Exclude<ChartChange, 'none'>) => void): void;
  /** Asks for the page before the first candle; does nothing while one is asked for or when there is none. */
  loadOlder(): void;
  retry(): void;
}

interface Subject {
  readonly symbol: string | null;
  readonly interval: Interval;
  readonly assetClass: AssetClass;
}

const candlesOf = (answer: CandlesAnswer): Candle[] => answer.candles.map(([openTime, open, high, low, close, volume]) => ({ openTime, open, high, low, close, volume }));
/** Takes a page in, with what the server says is missing from it. */
function pageOf(series: ChartSeries, answer: CandlesAnswer, end: number): ChartChange {
  const candles = candlesOf(answer);
  const known = series.note(answer.missing, candles[0]?.openTime ?? -Infinity, end);
  const change = series.page(candles);
  return known === 'all' ? 'all' : change;
}
const group = (kind: string): string => (kind === 'delayed' ? 'live' : kind);

/** Pages and live candles of one subject at a time; the state a view shows. */
class CandleLoader implements CandleFeed {
  readonly series: ShallowRef<ChartSeries>;
  readonly state = shallowRef<CandleState>('loading');
  readonly words = shallowRef('');
  readonly source = shallowRef<DataKind | 'unknown'>('unknown');
  readonly older = shallowRef<OlderCandles>('unknown');
  readonly note = shallowRef('');
  private readonly listeners: ((change: 'tail' | 'all') => void)[] = [];
  private open: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** Newest open time of the stream, and whether it fell: then the series is ahead of its market. */
  private reached = -Infinity;
  private ahead = false;

  constructor(private readonly api: Api, private readonly subject: () => Subject, private readonly streamed: () => readonly CandleData[]) {
    this.series = shallowRef(this.fresh());
  }

  onChange(listener: (change: 'tail' | 'all') => void): void {
    this.listeners.push(listener);
  }

  retry(): void {
    void this.load();
  }

  /** Another subject, or another kind of data: nothing of what is shown belongs to it. */
  begin(): void {
    this.series.value = this.fresh();
    this.reached = -Infinity;
    this.ahead = false;
    this.state.value = 'loading';
    this.older.value = 'unknown';
    [this.words.value, this.note.value] = ['', ''];
    this.tell('all');
    void this.load();
  }

  /** Reads the newest page. */
  async load(): Promise<void> {
    this.stop();
    const { symbol, interval } = this.subject();
    if (symbol === null) return;
    const mine = (this.open = new AbortController());
    const limit = interval === '1s' && this.state.value === 'ready' ? 130 : PAGE;
    const answer = await this.api.candles({ symbol, interval, end: null, limit }, mine.signal);
    if (this.open !== mine) return;
    this.open = null;
    if (answer.ok) this.take(answer.value);
    else this.words.value = answer.error.words;
    if (!answer.ok && this.series.value.candles.length === 0) this.state.value = 'failed';
    const mending = answer.ok && answer.value.missing.some(({ state }) => state === 'open');
    if (!answer.ok || mending || interval === '1s') this.timer = setTimeout(() => void this.load(), !answer.ok ? RETRY_MS : interval === '1s' ? SECONDS_EVERY_MS : MENDING_EVERY_MS);
  }

  /** Joins what the stream brought. */
  live(): void {
    if (this.state.value === 'loading' || this.state.value === 'failed') return;
    const own = this.streamed().filter((candle) => group(candle.quality) === group(this.source.value));
    const newest = own.at(-1)?.open_time ?? this.reached;
    const back = newest < this.reached;
    this.reached = newest;
    if (back) {
      // An earlier time of a replay was sought: what is shown has not happened yet.
      this.ahead = true;
      return void this.load();
    }
    const change = this.series.value.live(own.map((c) => ({ openTime: c.open_time, open: c.open, high: c.high, low: c.low, close: c.close, volume: c.volume, closed: c.closed })));
    if (change !== 'none') this.state.value = 'ready';
    this.tell(change);
  }

  loadOlder(): void {
    if (this.older.value === 'busy' || this.older.value === 'end' || this.state.value !== 'ready') return;
    const shown = this.series.value;
    if (shown.candles.length < MOST_BARS) return void this.page(shown);
    this.older.value = 'end';
    this.note.value = `${MOST_BARS.toLocaleString('en-US')} candles are shown; a longer interval reaches further back`;
  }

  stop(): void {
    this.open?.abort();
    this.open = null;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private async page(shown: ChartSeries): Promise<void> {
    const { symbol, interval } = this.subject();
    const first = shown.candles[0];
    if (!first || symbol === null) return;
    this.older.value = 'busy';
    const answer = await this.api.candles({ symbol, interval, end: first.openTime - 1, limit: PAGE }, AbortSignal.timeout(30_000));
    if (this.series.value !== shown) return;
    const page = answer.ok && answer.value.source === this.source.value ? answer.value : null;
    this.note.value = page?.note ?? (answer.ok ? '' : `Older candles cannot be had now: ${answer.error.words}`);
    if (page) this.tell(pageOf(shown, page, first.openTime));
    if (page && page.older !== 'unknown') this.older.value = page.older;
    // Not at once again: whoever scrolls on would ask without end.
    else setTimeout(() => this.series.value === shown && this.older.value === 'busy' && (this.older.value = 'unknown'), RETRY_MS);
  }

  private take(answer: CandlesAnswer): void {
    const page = answer.candles.map(([openTime]) => openTime);
    const newest = this.series.value.candles.at(-1)?.openTime ?? -Infinity;
    const kept = this.state.value === 'ready' && this.source.value === answer.source && (page[0] ?? Infinity) <= newest && !this.ahead;
    this.ahead = false;
    // What does not reach back to what is shown would leave a hole that is none.
    if (!kept) {
      this.series.value = this.fresh();
      this.older.value = answer.older;
      this.note.value = answer.note;
    }
    this.source.value = answer.source;
    this.words.value = answer.incomplete ?? '';
    this.series.value.restart();
    const change = pageOf(this.series.value, answer, Infinity);
    this.state.value = this.series.value.candles.length > 0 ? 'ready' : 'empty';
    this.tell(kept ? change : 'all');
    this.live();
  }

  private fresh(): ChartSeries {
    const { interval, assetClass } = this.subject();
    return new ChartSeries(interval, assetClass);
  }

  private tell(change: ChartChange): void {
    if (change !== 'none') for (const listener of this.listeners) listener(change);
  }
}

/**
 * Candles of a symbol: the newest page from the server, older ones on request, the live ones joined in. A change of symbol, interval or kind of
 * data begins anew; after an interruption the newest page is read again, so that nothing is missing in between. null = no symbol.
 */
export function useCandles(symbol: MaybeRefOrGetter<string | null>, interval: MaybeRefOrGetter<Interval>): CandleFeed {
  const [store, market, connection] = [useCandleStore(), useMarketStore(), useConnectionStore()];
  const subject = (): Subject => ({ symbol: toValue(symbol), interval: toValue(interval), assetClass: market.instrument(toValue(symbol) ?? '').assetClass });
  const channel = (): string | null => {
    const { symbol: name, interval: length } = subject();
    return name === null || length === '1s' ? null : channelOf('candles', name);
  };
  const streamed = (): readonly CandleData[] => {
    const name = channel();
    return name === null ? [] : store.candles(name, toValue(interval));
  };
  useSubscription(channel);
  const loader = new CandleLoader(useClient().api, subject, streamed);
  let due: ReturnType<typeof setTimeout> | null = null;
  watch(streamed, () => {
    due ??= setTimeout(() => {
      due = null;
      loader.live();
    }, LIVE_EVERY_MS);
  });
  watch(() => [...Object.values(subject()), connection.mode].join('|'), () => loader.begin(), { immediate: true });
  watch(() => connection.streams.market.state === 'live', (on, was) => {
    if (on && !was) void loader.load();
  });
  onScopeDispose(() => {
    loader.stop();
    if (due !== null) clearTimeout(due);
  });
  return loader;
}
