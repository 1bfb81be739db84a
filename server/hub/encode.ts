import { CHANNEL_FAMILIES, encode, LIMITS, MARKET_WIDE_KEY, SINGLE_TYPES, STREAMS, type ParsedChannel } from '@/core/contract';
import type { Clock, FeedClock } from '../observability/clock';
import { bookSnapshotText, bookUpdateText } from './books';
import type { SymbolFilter } from './filter';
import type { KeyedChannel, KeyedEntry } from './keyedChannel';
import { marketWideText, priceUpdateText } from './legacy';
import type { LogChannel, LogItem } from './logChannel';
import { Frame, Push } from './push';
import { LOG_SNAPSHOT_ITEMS, type Replica } from './replicas';
import { RowTable } from './rows';
import { Shelf } from './shelf';
import { isQuote, isVenueQuote, marketData, payloadText, symbolOf, venueQuoteData, type SendTime } from './values';

/** How changes of a channel are written for one client. `sparse`: rows with changed columns only. `book`: the book messages, the same for all clients. `price:NAME` is the compatibility shape for that connector name. */
export type Shape = 'single' | 'objects' | 'rows' | 'sparse' | 'book' | `price:${string}`;

/** What a subscription reads and how; equal views at equal positions share their frames. */
export interface View {
  readonly channel: ParsedChannel;
  readonly filter: SymbolFilter;
  readonly shape: Shape;
}

/** A whole state to be sent in parts: which entries belong to which part is fixed, their text is made when a part is sent. */
export interface SnapshotPlan {
  readonly epoch: string;
  readonly seq: number;
  /** Entries in all parts together. */
  readonly total: number;
  readonly parts: readonly (readonly (KeyedEntry | LogItem)[])[];
  /** Position its reader comes from; null = it holds nothing of this numbering. */
  readonly resumeFrom: number | null;
  next: number;
}

/** The positions that a frame of changes lies between, and the version of the subscription it is written for. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly sv: number;
}

/** Age up to which encoded frames are shared, ms: the error it adds to the ages inside them. */
const SHARE_MS = 20;

const NOTHING = new Push([]);

const inRows = (shape: Shape): boolean => shape === 'rows' || shape === 'sparse';
const isKeyed = (x: KeyedEntry | LogItem): x is KeyedEntry => 'key' in x;

/** What a reader at `cursor` has not seen; null = the position is too old. */
function changesFor(replica: KeyedChannel, { channel, filter }: View, cursor: number): KeyedEntry[] | null {
  if (filter.passesAll) return replica.changedSince(cursor, null);
  // A few symbols are looked up rather than sought among many changes; only here every key is a symbol.
  const few = channel.family === 'market' && filter.size < replica.seq - cursor ? filter.only : null;
  return few ? replica.changedAmong(few, cursor) : replica.changedSince(cursor, filter.accepts);
}

/** Groups in order, each within `limit` of size where its members allow. */
function pack<T>(items: readonly T[], size: (item: T) => number, limit: number): T[][] {
  const groups: T[][] = [];
  let room = -1;
  for (const item of items) {
    const n = size(item) + 1;
    if (n > room) {
      groups.push([]);
      room = limit;
    }
    groups.at(-1)?.push(item);
    room -= n;
  }
  return groups;
}

/** Turns replicas into frames, sharing equal frames between clients. */
export class Encoder {
  readonly rows = new RowTable();
  private readonly shared = new Map<string, Push>();
  private readonly pushes = new Shelf();
  private readonly quoteTexts = new Map<KeyedEntry, { readonly version: number; readonly text: string | null }>();
  private sharedAt = -Infinity;
  private time: SendTime = { iso: '', wall: 0, feed: 0, speed: 1 };

  constructor(
    private readonly clock: Clock,
    private readonly feedClock: () => FeedClock,
    /** A value that cannot be written truthfully was left out. */
    private readonly refused: (channel: string) => void,
    private readonly partBytes: number = LIMITS.snapshotPartBytes,
    /** A book frame was made; readers at the same position share it. */
    private readonly madeBook: (kind: 'snapshot' | 'update') => void = () => undefined,
  ) {}

  /** The present instant; frames made within SHARE_MS carry the same one. */
  now(): SendTime {
    const at = this.clock.monotonic();
    if (at - this.sharedAt > SHARE_MS) {
      this.shared.clear();
      this.pushes.clear();
      this.quoteTexts.clear();
      this.sharedAt = at;
      const feed = this.feedClock();
      const wall = Math.round(this.clock.now());
      this.time = { iso: new Date(wall).toISOString(), wall, feed: feed.now(), speed: feed.speed };
    }
    return this.time;
  }

  private share(key: string, make: () => readonly Frame[]): Push {
    let push = this.shared.get(key);
    if (push === undefined) this.shared.set(key, (push = new Push(make())));
    return push;
  }

  /**
   * Frames that bring a reader who has seen everything up to `cursor` (and holds position `prev`) to the present; null = the
   * position is too old for a delta. An empty push: nothing of it concerns this filter.
   */
  delta(replica: Replica, view: View, prev: number, cursor: number, sv: number): Push | null {
    this.now();
    // Frames of a book say nothing of the subscription.
    const told = view.shape === 'book' ? 0 : sv;
    const known = this.pushes.find(replica, view, prev, cursor, this.rows.sid, told);
    if (known !== undefined) return known;
    const push = replica.kind === 'keyed' ? this.keyedDelta(replica, view, prev, cursor, sv) : this.logDelta(replica, view, prev, cursor, sv);
    // Making it may have begun a new table: the others find it under its number.
    this.pushes.put(replica, view, prev, cursor, this.rows.sid, told, push);
    return push;
  }

  /** The schema for a client that knows the first `from` ids of the present table; clients that come together share it. */
  schema(channel: string, from: number, sparse: boolean): Push {
    this.now();
    return this.share(`schema|${channel}|${this.rows.sid}|${from}|${this.rows.length}|${sparse}`, () => [new Frame(encode(this.rows.schema(channel, from, sparse)))]);
  }

  private bookSnapshot(channel: ParsedChannel, plan: SnapshotPlan): Push {
    return this.share(`book|${channel.name}|${plan.epoch}|${plan.seq}`, () => {
      this.madeBook('snapshot');
      return [new Frame(bookSnapshotText(channel, plan, plan.parts.flat().filter(isKeyed), this.time), plan.seq)];
    });
  }

  private keyedDelta(replica: KeyedChannel, view: View, prev: number, cursor: number, sv: number): Push | null {
    const changes = changesFor(replica, view, cursor);
    if (changes === null) return null;
    if (changes.length === 0) return NOTHING;
    if (view.shape !== 'book') return new Push(this.keyedFrames(replica, view, changes, { prev, cursor, sv }));
    this.madeBook('update');
    return new Push([new Frame(bookUpdateText(view.channel, replica, changes, prev, this.time), replica.seq)]);
  }

  private keyedFrames(replica: KeyedChannel, view: View, changes: readonly KeyedEntry[], { prev, cursor, sv }: { prev: number; cursor: number; sv: number }): Frame[] {
    if (inRows(view.shape)) this.makeRows(replica, changes, view.shape === 'sparse', cursor);
    const one = view.shape !== 'objects' && !inRows(view.shape);
    const size = (entry: KeyedEntry): number => this.changeText(entry, view).length + entry.key.length + 50;
    let whole = 0;
    for (const entry of changes) whole += size(entry);
    const single = !one && whole < this.partBytes ? this.keyedFrame(replica, view, changes, { from: prev, to: replica.seq, sv }) : null;
    if (single) return [single];
    // A frame may end between two entries only where their versions differ.
    const runs = pack([...changes].sort((a, b) => a.version - b.version), size, one ? 0 : this.partBytes);
    const frames: Frame[] = [];
    let from = prev;
    runs.forEach((run, i) => {
      const last = i === runs.length - 1;
      const to = last ? replica.seq : (run.at(-1)?.version ?? from);
      const following = runs[i + 1];
      if (!one && following && following[0]?.version === to) following.unshift(...run);
      else {
        const frame = this.keyedFrame(replica, view, run, { from, to, sv });
        if (frame) {
          frames.push(frame);
          from = to;
        }
      }
    });
    return frames;
  }

  /** Gives entries their rows; those made at this instant for the same position are shared by views with different filters. */
  private makeRows(replica: KeyedChannel, entries: readonly KeyedEntry[], sparse: boolean, cursor: number): void {
    const { rows, time } = this;
    const has = ({ row, version }: KeyedEntry): boolean => row !== null && row.instant === time && row.version === version && row.cursor === cursor && row.sparse === sparse && row.sid === rows.sid;
    if (entries.every(has)) return;
    rows.cover(replica.epoch, entries.map((e) => e.key), new Set(entries.flatMap((e) => (isQuote(e.value) ? [e.value.venue] : []))));
    for (const entry of entries) if (!has(entry)) entry.row = { text: this.rowText(entry, sparse, cursor), instant: time, version: entry.version, cursor, sparse, sid: rows.sid };
  }

  /** A change in the shape asked for; empty when it is a removal or cannot be written. */
  private changeText(entry: KeyedEntry, { shape, channel }: View): string {
    return (inRows(shape) ? entry.row?.text : this.valueText(entry, channel)) ?? '';
  }

  /** Empty when it was removed. */
  private rowText(entry: KeyedEntry, sparse: boolean, cursor: number): string {
    if (!isQuote(entry.value)) return '';
    const data = marketData(entry.value, this.time);
    return sparse ? this.rows.sparseRow(entry, data, cursor, this.time.wall) : this.rows.row(entry.key, data);
  }

  /** A quote at the present instant: clients that come together, and views with different filters, share it. */
  private quoteText(entry: KeyedEntry): string | null {
    if (!isQuote(entry.value)) return null;
    const known = this.quoteTexts.get(entry);
    if (known?.version === entry.version) return known.text;
    const text = payloadText(marketData(entry.value, this.time));
    this.quoteTexts.set(entry, { version: entry.version, text });
    return text;
  }

  private valueText(entry: KeyedEntry, channel: ParsedChannel): string | null {
    if (channel.family === 'market') return this.quoteText(entry);
    if (entry.value === undefined) return null; // removed since its part was planned
    if (channel.family === 'quote') return isVenueQuote(entry.value) ? payloadText(venueQuoteData(entry.value, this.time)) : null;
    if (entry.text === null) {
      entry.text = payloadText(entry.value) ?? '';
      if (entry.text === '') this.refused(channel.name);
    }
    return entry.text === '' ? null : entry.text;
  }

  private keyedFrame(replica: KeyedChannel, view: View, run: readonly KeyedEntry[], range: Range): Frame | null {
    const { channel, shape } = view;
    const { from, to, sv } = range;
    if (inRows(shape)) return this.rowsFrame(replica, run, range);
    const single = singleType(channel);
    if (shape === 'objects' || (shape === 'single' && !single)) {
      const head = single ? `"type":"${single}",` : '';
      const updates = run.map((entry) => ({ entry, text: this.changeText(entry, view) })).filter(({ text }) => text).map(({ entry, text }) => `{${head}${symbolField(entry.key)}"data":${text}}`);
      const gone = run.filter((entry) => entry.value === undefined).map((entry) => entry.key);
      return new Frame(`{"type":"batch",${position(replica, channel, from, to)},"sv":${sv},"timestamp":"${this.time.iso}","updates":[${updates.join()}],"removed":${JSON.stringify(gone)}}`, to);
    }
    const [entry] = run;
    const text = entry && this.changeText(entry, view);
    if (!text) return null; // plain clients have no message for a removal
    return new Frame(shape === 'single' ? this.singleText(single ?? '', entry.key, text, position(replica, channel, from, to)) : this.priceText(shape.slice('price:'.length), entry, text), to);
  }

  private rowsFrame(replica: KeyedChannel, run: readonly KeyedEntry[], { from, to, sv }: Range): Frame {
    let rows = '';
    const gone: number[] = [];
    for (const { key, value, row } of run) {
      const removed = value === undefined ? this.rows.rowOf(key) : undefined;
      if (removed !== undefined) gone.push(removed);
      if (row?.text) rows += rows ? `,${row.text}` : row.text;
    }
    const epoch = JSON.stringify(replica.epoch);
    const text = `{"t":"b","c":${this.rows.sid},"e":${epoch},"p":${from},"q":${to},"v":${sv},"ts":${this.time.wall},"r":[${rows}],"x":[${gone.join()}]}`;
    // All but the epoch is numbers.
    return new Frame(text, to, Buffer.byteLength(epoch) === epoch.length);
  }

  private singleText(type: string, key: string, text: string, where: string): string {
    return `{"type":"${type}",${symbolField(key)}"data":${text},"timestamp":"${this.time.iso}",${where}}`;
  }

  private priceText(connector: string, entry: KeyedEntry, text: string): string {
    if (!isQuote(entry.value)) return marketWideText(connector, text, this.time.iso);
    return priceUpdateText(connector, entry.key, marketData(entry.value, this.time), text, this.time.iso);
  }

  /** Values of plain clients sent again although nothing changed, so that silence never has to be interpreted. */
  refresh(replica: Replica, view: View, prev: number, unchangedSince: number): Push {
    const { iso } = this.now();
    const { channel, filter, shape } = view;
    const key = `refresh|${channel.name}|${replica.epoch}|${prev}|${replica.seq}|${shape}|${filter.id}`;
    return this.share(key, () => {
      const where = position(replica, channel, prev, prev);
      const type = singleType(channel) ?? '';
      if (replica.kind === 'log') {
        return this.wanted(latestBySymbol(replica, filter), channel, filter).map((item) => new Frame(this.singleText(type, symbolOf(item.value) ?? MARKET_WIDE_KEY, this.itemText(item, channel), where), prev));
      }
      const texts = replica.unchangedSince(unchangedSince, filter.passesAll ? null : filter.accepts).map((e) => {
        const text = this.valueText(e, channel);
        if (text === null) return null;
        return shape === 'single' ? `{"type":"${type}",${symbolField(e.key)}"data":${text},"timestamp":"${iso}",${where}}` : this.priceText(shape.slice('price:'.length), e, text);
      });
      return texts.filter((t) => t !== null).map((t) => new Frame(t, prev));
    });
  }

  private logDelta(replica: LogChannel, view: View, prev: number, cursor: number, sv: number): Push {
    const { channel, filter, shape } = view;
    const { items, lost } = replica.since(cursor);
    const wanted = this.wanted(items, channel, filter);
    if (wanted.length === 0 && lost === 0) return NOTHING;
    const single = shape === 'single' ? singleType(channel) : null;
    const groups: LogItem[][] = wanted.length === 0 ? [[]] : pack(wanted, (i) => this.itemText(i, channel).length, single ? 0 : this.partBytes);
    let from = prev;
    const frames = groups.map((group, i) => {
      const to = i === groups.length - 1 ? replica.seq : (group.at(-1)?.seq ?? from);
      const gap = i === 0 ? lost : 0;
      const where = position(replica, channel, from, to);
      from = to;
      const item = group[0];
      if (single && item) return new Frame(this.singleText(single, symbolOf(item.value) ?? MARKET_WIDE_KEY, this.itemText(item, channel), gap ? `${where},"lost":${gap}` : where), to);
      const texts = group.map((it) => this.itemText(it, channel));
      return new Frame(`{"type":"batch",${where},"sv":${sv},"timestamp":"${this.time.iso}","items":[${texts.join()}],"lost":${gap}}`, to);
    });
    return new Push(frames);
  }

  /** Items this filter wants and JSON can carry. */
  private wanted(items: readonly LogItem[], channel: ParsedChannel, filter: SymbolFilter): LogItem[] {
    const all = filter.passesAll || channel.symbol !== null;
    return items.filter((i) => (all || filter.accepts(symbolOf(i.value) ?? MARKET_WIDE_KEY)) && this.itemText(i, channel) !== 'null');
  }

  private itemText(item: LogItem, channel: ParsedChannel): string {
    if (item.text === null) {
      const text = payloadText(item.value);
      if (text === null) this.refused(channel.name);
      // Trades travel on the bus without their number, which is the one of this log.
      item.text = text === null ? 'null' : channel.family === 'trades' && text.startsWith('{"') ? `{"seq":${item.seq},${text.slice(1)}` : text;
    }
    return item.text;
  }

  /** Plans the whole state of a view. `resumeFrom`: a log reader who was here before gets everything kept after that position. */
  plan(replica: Replica, view: View, resumeFrom: number | null = null, partBytes = this.partBytes): SnapshotPlan {
    this.now();
    const { channel, filter, shape } = view;
    // Room for the envelope is kept free. Plain clients know no parts.
    const limit = shape === 'objects' || inRows(shape) ? partBytes - 512 : Infinity;
    let parts: (KeyedEntry | LogItem)[][];
    if (shape === 'book' && replica.kind === 'keyed') parts = [replica.state(null)];
    else if (replica.kind === 'keyed') {
      const entries = replica.state(filter.passesAll ? null : filter.accepts);
      parts = pack(entries, (e) => (this.valueText(e, channel)?.length ?? 0) + e.key.length + 12, limit);
    } else {
      const items = resumeFrom === null ? replica.newest(LOG_SNAPSHOT_ITEMS) : replica.since(resumeFrom).items;
      const wanted = this.wanted(shape === 'single' && singleType(channel) ? latestBySymbol(replica, filter) : items, channel, filter);
      parts = pack(wanted, (i) => this.itemText(i, channel).length, limit);
    }
    const total = parts.reduce((n, p) => n + p.length, 0);
    return { epoch: replica.epoch, seq: replica.seq, total, parts: parts.length > 0 ? parts : [[]], resumeFrom, next: 0 };
  }

  /** The frames of one part of a plan; in the compatibility shape one per value. */
  part(view: View, plan: SnapshotPlan, index: number, sv: number): Push {
    this.now();
    const { channel, filter, shape } = view;
    if (shape === 'book') return this.bookSnapshot(channel, plan);
    const entries = plan.parts[index] ?? [];
    if (shape.startsWith('price:')) {
      const texts = entries.filter(isKeyed).map((e) => [e, this.valueText(e, channel)] as const);
      return new Push(texts.flatMap(([e, text]) => (text === null ? [] : [new Frame(this.priceText(shape.slice('price:'.length), e, text), plan.seq)])));
    }
    const key = `part|${channel.name}|${plan.epoch}|${plan.seq}|${plan.parts.length}|${plan.total}|${index}|${shape}|${sv}|${filter.id}`;
    return this.share(key, () => [new Frame(this.partText(view, plan, index, sv), plan.seq)]);
  }

  private partText({ channel, shape }: View, plan: SnapshotPlan, index: number, sv: number): string {
    const head = `{"type":"initial_data","stream":"${channel.stream}","channel":${JSON.stringify(channel.name)},"epoch":${JSON.stringify(plan.epoch)},"seq":${plan.seq}`;
    const content = this.content(channel, plan.parts[index] ?? [], shape === 'single' && singleType(channel) !== null);
    return `${head},"part":${index + 1},"parts":${plan.parts.length},"sv":${sv},${content},"timestamp":"${this.time.iso}"}`;
  }

  /** `"data":{...}` and for logs `"items":[...]`. Written as text: no key can become a prototype. */
  content(channel: ParsedChannel, entries: readonly (KeyedEntry | LogItem)[], bySymbol = false): string {
    this.now();
    const pairs: string[] = [];
    const items: string[] = [];
    for (const e of entries) {
      if (!isKeyed(e)) {
        if (bySymbol) pairs.push(`${JSON.stringify(symbolOf(e.value) ?? MARKET_WIDE_KEY)}:${this.itemText(e, channel)}`);
        else items.push(this.itemText(e, channel));
      } else if (e.value !== undefined) {
        const text = this.valueText(e, channel);
        if (text !== null) pairs.push(`${JSON.stringify(e.key)}:${text}`);
      }
    }
    const data = `"data":{${pairs.join()}}`;
    return CHANNEL_FAMILIES[channel.family].kind === 'log' && !bySymbol ? `${data},"items":[${items.join()}]` : data;
  }
}

/** Plain single-update type of a channel, null for channels only newer clients know. */
function singleType(channel: ParsedChannel): string | null {
  return STREAMS[channel.stream].channel === channel.name ? SINGLE_TYPES[channel.stream] : null;
}

const symbolField = (key: string): string => (key === MARKET_WIDE_KEY ? '' : `"symbol":${JSON.stringify(key)},`);

function position(replica: Replica, channel: ParsedChannel, from: number, to: number): string {
  return `"stream":"${channel.stream}","channel":${JSON.stringify(channel.name)},"epoch":${JSON.stringify(replica.epoch)},"prev":${from},"seq":${to}`;
}

/** The newest item of each symbol among those kept. */
function latestBySymbol(replica: LogChannel, filter: SymbolFilter): LogItem[] {
  const latest = new Map<string, LogItem>();
  for (const item of replica.newest(Infinity)) {
    const symbol = symbolOf(item.value);
    if (symbol !== null && filter.accepts(symbol)) latest.set(symbol, item);
  }
  return [...latest.values()];
}
