import type { LevelChange } from '@/core/market/events';
import { parseJson } from '../base/json';
import { within, type PriceWindow } from './book';
import { readLevels } from './mapper';
import { timeOf } from './raw';

/** A frame shorter than this is parsed in one go: less than 2 ms. */
export const LARGE_CHARACTERS = 256 * 1024;
/** Characters parsed in one turn of the event loop: about 600 levels, under 2 ms. */
const SLICE = 64 * 1024;
/** Share of the price that is kept above and below it. */
const WINDOW = 0.05;
const HEAD = /^\{"channel":"l2_data",(?:"client_id":"[^"]*",)?"timestamp":"([^"]{1,40})","sequence_num":(\d{1,15}),"events":\[\{"type":"snapshot","product_id":"([A-Z0-9-]{3,24})","updates":\[/;
const TAIL = ']}]}';

/**
 * The level2 snapshot of a large product: one frame of 5 MB with 46,000 levels, of which `JSON.parse` alone would hold the
 * process for 30 ms. It is read slice by slice, cut between two levels, and only levels near the price are kept (the far ones
 * reach to a thousand times the price). A pure reader: whoever holds it decides when the next slice is due.
 */
export class LargeSnapshot {
  readonly bids: LevelChange[] = [];
  readonly asks: LevelChange[] = [];
  window: PriceWindow | null = null;
  private position: number;

  private constructor(
    private readonly raw: string,
    readonly productId: string,
    readonly sequence: number,
    readonly venueTime: number | null,
    start: number,
    private readonly end: number,
  ) {
    this.position = start;
  }

  /** Null when the frame is small or not of that one form: then it is parsed like any other. */
  static open(raw: string): LargeSnapshot | null {
    if (raw.length < LARGE_CHARACTERS || !raw.endsWith(TAIL)) return null;
    const head = HEAD.exec(raw.slice(0, 400));
    if (!head) return null;
    const [text, time, sequence, productId = ''] = head;
    return new LargeSnapshot(raw, productId, Number(sequence), timeOf(time), text.length, raw.length - TAIL.length);
  }

  /** Reads the next slice. `broken`: it is not the list of levels that its beginning promised. */
  next(): 'more' | 'done' | 'broken' {
    const cut = this.position + SLICE < this.end ? this.raw.indexOf('},{', this.position + SLICE) : -1;
    const to = cut < 0 || cut >= this.end ? this.end : cut + 1;
    const list = parseJson(`[${this.raw.slice(this.position, to)}]`);
    const levels = Array.isArray(list) ? readLevels(list as readonly unknown[]) : null;
    if (!levels) return 'broken';
    this.position = to + 1;
    this.keep(levels.bids, levels.asks);
    return to === this.end ? 'done' : 'more';
  }

  /** The venue sends the best bid first, so the first level tells where the price is; a book without bids is kept whole. */
  private keep(bids: readonly LevelChange[], asks: readonly LevelChange[]): void {
    const best = Number(bids[0]?.[0] ?? Number.NaN);
    if (this.bids.length === 0 && Number.isFinite(best)) this.window ??= { low: best * (1 - WINDOW), high: best * (1 + WINDOW) };
    const { window } = this;
    for (const level of bids) if (!window || within(window, level)) this.bids.push(level);
    for (const level of asks) if (!window || within(window, level)) this.asks.push(level);
  }
}
