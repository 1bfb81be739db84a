import { CHANNEL_FAMILIES, encode, LIMITS, MARKET_WIDE_KEY, SINGLE_TYPES, STREAMS, type ParsedChannel } from '@/core/contract';
import type { Clock, FeedClock } from '../observability/clock';
import { bookSnapshotText, bookUpdateText } from './books';
import type { SymbolFilter } from './filter';
import type { KeyedChannel, KeyedEntry } from './keyedChannel';
import { marketWideText, priceUpdateText } from './legacy';
import type { LogChannel, LogItem } from './logChannel';
import { LOG_SNAPSHOT_ITEMS, type Replica } from './replicas';
import { RowTable } from './rows';
import { isQuote, isVenueQuote, marketData, payloadText, symbolOf, venueQuoteData, type SendTime } from './values';

/** How changes of a channel are written for one client. `sparse`: rows with changed columns only. `book`: the book messages, the same for all clients. `price:NAME` is the compatibility shape for that connector name. */
export type Shape = 'single' | 'objects' | 'rows' | 'sparse' | 'book' | `price:${string}`;

/** What a subscription reads and how; equal views at equal positions share their frames. */
export interface View {
  readonly channel: ParsedChannel;
  readonly filter: SymbolFilter;
  readonly shape: Shape;
}

/** One frame, and the position its reader is at once it has it. */
export interface Frame {
  readonly data: Buffer;
  readonly to: number;
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

/** Age up to which encoded frames are shared, ms: the error it adds to the ages inside them. */
const SHARE_MS = 20;

const inRows = (shape: Shape): boolean => shape === 'rows' || shape === 'sparse';
const isKeyed = (x: KeyedEntry | LogItem): x is KeyedEntry => 'key' in x;

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
  private readonly shared = new Map<string, readonly Frame[] | null>();
  /** Rows made at the present instant: views with different filters share them. */
  private readonly rowTexts = new Map<KeyedEntry, { readonly version: number; readonly cursor: number; readonly shape: Shape; readonly sid: number; readonly text: string }>();
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
      this.rowTexts.clear();
      this.quoteTexts.clear();
      this.sharedAt = at;
      const feed = this.feedClock();
      const wall = Math.round(this.clock.now());
      this.time = { iso: new Date(wall).toISOString(), wall, feed: feed.now(), speed: feed.speed };
    }
    return this.time;
  }

  private share(key: string, make: () => readonly Frame[] | null): readonly Frame[] | null {
    let frames = this.shared.get(key);
    if (frames === undefined) this.shared.set(key, (frames = make()));
    return frames;
  }

  /**
   * Frames that bring a reader who has seen everything up to `cursor` (and holds position `prev`) to the present; null = the
   * position is too old for a delta. An empty list: nothing of it concerns this filter.
   */
  delta(replica: Replica, view: View, prev: number, cursor: number, sv: number): readonly Frame[] | null {
    this.now();
    const { channel, filter, shape } = view;
    if (shape === 'book') return this.bookDelta(replica, channel, prev, cursor);
    const { sid } = this.rows;
    const key = (): string => `${channel.name}|${replica.epoch}|${prev}|${cursor}|${replica.seq}|${shape}|${this.rows.sid}|${sv}|${filter.id}`;
    const frames = this.share(key(), () => (replica.kind === 'keyed' ? this.keyedDelta(replica, view, prev, cursor, sv) : this.logDelta(replica, view, prev, cursor, sv)));
    // Making them began a new table: the others find them under its number.
    if (this.rows.sid !== sid) this.shared.set(key(), frames);
    return frames;
  }

  /** The schema for a client that knows the first `from` ids of the present table; clients that come together share it. */
  schema(channel: string, from: number, sparse: boolean): Buffer {
    this.now();
    const [made] = this.share(`schema|${channel}|${this.rows.sid}|${from}|${this.rows.length}|${sparse}`, () => [frame(encode(this.rows.schema(channel, from, sparse)), 0)]) ?? [];
    return made?.data ?? Buffer.alloc(0);
  }

  private bookDelta(replica: Replica, channel: ParsedChannel, prev: number, cursor: number): readonly Frame[] | null {
    const changes = replica.kind === 'keyed' ? replica.changedSince(cursor, null) : null;
    if (changes === null || replica.kind !== 'keyed') return null;
    return this.share(`book|${channel.name}|${replica.epoch}|${prev}|${cursor}|${replica.seq}`, () => {
      this.madeBook('update');
      return [frame(bookUpdateText(channel, replica, changes, prev, this.time), replica.seq)];
    });
  }

  private bookSnapshot(channel: ParsedChannel, plan: SnapshotPlan): readonly Frame[] {
    const made = this.share(`book|${channel.name}|${plan.epoch}|${plan.seq}`, () => {
      this.madeBook('snapshot');
      return [frame(bookSnapshotText(channel, plan, plan.parts.flat().filter(isKeyed), this.time), plan.seq)];
    });
    return made ?? [];
  }

  private keyedDelta(replica: KeyedChannel, view: View, prev: number, cursor: number, sv: number): readonly Frame[] | null {
    const accept = view.filter.passesAll ? null : view.filter.accepts;
    const changes = replica.changedSince(cursor, accept);
    if (changes === null || changes.length === 0) return changes === null ? null : [];
    return this.keyedFrames(replica, view, changes, { prev, cursor, sv });
  }

  private keyedFrames(replica: KeyedChannel, view: View, changes: readonly KeyedEntry[], { prev, cursor, sv }: { prev: number; cursor: number; sv: number }): Frame[] {
    if (inRows(view.shape)) this.coverRows(replica, changes);
    const texts = new Map(changes.map((e) => [e, e.value === undefined ? '' : this.changeText(e, view, cursor)]));
    const one = view.shape !== 'objects' && !inRows(view.shape);
    // A frame may end between two entries only where their versions differ.
    const runs = pack(changes, (e) => (texts.get(e)?.length ?? 0) + e.key.length + 50, one ? 0 : this.partBytes);
    const frames: Frame[] = [];
    let from = prev;
    runs.forEach((run, i) => {
      const last = i === runs.length - 1;
      const to = last ? replica.seq : (run.at(-1)?.version ?? from);
      const following = runs[i + 1];
      if (!one && following && following[0]?.version === to) following.unshift(...run);
      else {
        const data = this.keyedFrame(replica, view, run, texts, { from, to, sv });
        if (data !== null) {
          frames.push({ data: Buffer.from(data), to });
          from = to;
        }
      }
    });
    return frames;
  }

  private coverRows(replica: KeyedChannel, entries: readonly KeyedEntry[]): void {
    const sources = new Set<string>();
    for (const e of entries) if (isQuote(e.value)) sources.add(e.value.venue);
    this.rows.cover(replica.epoch, entries.map((e) => e.key), sources);
  }

  /** JSON of one keyed value as its shape needs it; empty when it cannot be written. */
  private changeText(entry: KeyedEntry, { shape, channel }: View, cursor: number): string {
    if (!inRows(shape)) return this.valueText(entry, channel) ?? '';
    const known = this.rowTexts.get(entry);
    if (known?.version === entry.version && known.cursor === cursor && known.shape === shape && known.sid === this.rows.sid) return known.text;
    const text = this.rowText(entry, shape, cursor);
    this.rowTexts.set(entry, { version: entry.version, cursor, shape, sid: this.rows.sid, text });
    return text;
  }

  private rowText(entry: KeyedEntry, shape: Shape, cursor: number): string {
    if (!isQuote(entry.value)) return '';
    const data = marketData(entry.value, this.time);
    return shape === 'sparse' ? this.rows.sparseRow(entry, data, cursor, this.time.wall) : this.rows.row(entry.key, data);
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

  private keyedFrame(replica: KeyedChannel, view: View, run: readonly KeyedEntry[], texts: ReadonlyMap<KeyedEntry, string>, range: { from: number; to: number; sv: number }): string | null {
    const { channel, shape } = view;
    const { from, to, sv } = range;
    if (inRows(shape)) {
      const rows = run.filter((e) => texts.get(e)).map((e) => texts.get(e));
      const gone = run.filter((e) => e.value === undefined).map((e) => this.rows.rowOf(e.key)).filter((i) => i !== undefined);
      return `{"t":"b","c":${this.rows.sid},"e":${JSON.stringify(replica.epoch)},"p":${from},"q":${to},"v":${sv},"ts":${this.time.wall},"r":[${rows.join()}],"x":[${gone.join()}]}`;
    }
    const single = singleType(channel);
    if (shape === 'objects' || (shape === 'single' && !single)) {
      const head = single ? `"type":"${single}",` : '';
      const updates = run.filter((e) => texts.get(e)).map((e) => `{${head}${symbolField(e.key)}"data":${texts.get(e)}}`);
      const gone = run.filter((e) => e.value === undefined).map((e) => e.key);
      return `{"type":"batch",${position(replica, channel, from, to)},"sv":${sv},"timestamp":"${this.time.iso}","updates":[${updates.join()}],"removed":${JSON.stringify(gone)}}`;
    }
    const entry = run[0];
    const text = entry && texts.get(entry);
    if (!entry || !text) return null; // plain clients have no message for a removal
    if (shape === 'single') return this.singleText(single ?? '', entry.key, text, position(replica, channel, from, to));
    return this.priceText(shape.slice('price:'.length), entry, text);
  }

  private singleText(type: string, key: string, text: string, where: string): string {
    return `{"type":"${type}",${symbolField(key)}"data":${text},"timestamp":"${this.time.iso}",${where}}`;
  }

  private priceText(connector: string, entry: KeyedEntry, text: string): string {
    if (!isQuote(entry.value)) return marketWideText(connector, text, this.time.iso);
    return priceUpdateText(connector, entry.key, marketData(entry.value, this.time), text, this.time.iso);
  }

  /** Values of plain clients sent again although nothing changed, so that silence never has to be interpreted. */
  refresh(replica: Replica, view: View, prev: number, unchangedSince: number): readonly Frame[] {
    const { iso } = this.now();
    const { channel, filter, shape } = view;
    const key = `refresh|${channel.name}|${replica.epoch}|${prev}|${replica.seq}|${shape}|${filter.id}`;
    return (
      this.share(key, () => {
        const where = position(replica, channel, prev, prev);
        const type = singleType(channel) ?? '';
        if (replica.kind === 'log') {
          return this.wanted(latestBySymbol(replica, filter), channel, filter).map((item) => frame(this.singleText(type, symbolOf(item.value) ?? MARKET_WIDE_KEY, this.itemText(item, channel), where), prev));
        }
        const texts = replica.unchangedSince(unchangedSince, filter.passesAll ? null : filter.accepts).map((e) => {
          const text = this.valueText(e, channel);
          if (text === null) return null;
          return shape === 'single' ? `{"type":"${type}",${symbolField(e.key)}"data":${text},"timestamp":"${iso}",${where}}` : this.priceText(shape.slice('price:'.length), e, text);
        });
        return texts.filter((t) => t !== null).map((t) => frame(t, prev));
      }) ?? []
    );
  }

  private logDelta(replica: LogChannel, view: View, prev: number, cursor: number, sv: number): readonly Frame[] {
    const { channel, filter, shape } = view;
    const { items, lost } = replica.since(cursor);
    const wanted = this.wanted(items, channel, filter);
    if (wanted.length === 0 && lost === 0) return [];
    const single = shape === 'single' ? singleType(channel) : null;
    const groups: LogItem[][] = wanted.length === 0 ? [[]] : pack(wanted, (i) => this.itemText(i, channel).length, single ? 0 : this.partBytes);
    let from = prev;
    return groups.map((group, i) => {
      const to = i === groups.length - 1 ? replica.seq : (group.at(-1)?.seq ?? from);
      const gap = i === 0 ? lost : 0;
      const where = position(replica, channel, from, to);
      from = to;
      const item = group[0];
      if (single && item) return frame(this.singleText(single, symbolOf(item.value) ?? MARKET_WIDE_KEY, this.itemText(item, channel), gap ? `${where},"lost":${gap}` : where), to);
      const texts = group.map((it) => this.itemText(it, channel));
      return frame(`{"type":"batch",${where},"sv":${sv},"timestamp":"${this.time.iso}","items":[${texts.join()}],"lost":${gap}}`, to);
    });
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
  part(view: View, plan: SnapshotPlan, index: number, sv: number): readonly Frame[] {
    this.now();
    const { channel, filter, shape } = view;
    if (shape === 'book') return this.bookSnapshot(channel, plan);
    const entries = plan.parts[index] ?? [];
    if (shape.startsWith('price:')) {
      const texts = entries.filter(isKeyed).map((e) => [e, this.valueText(e, channel)] as const);
      return texts.flatMap(([e, text]) => (text === null ? [] : [frame(this.priceText(shape.slice('price:'.length), e, text), plan.seq)]));
    }
    const key = `part|${channel.name}|${plan.epoch}|${plan.seq}|${plan.parts.length}|${plan.total}|${index}|${shape}|${sv}|${filter.id}`;
    return this.share(key, () => [frame(this.partText(view, plan, index, sv), plan.seq)]) ?? [];
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

const frame = (text: string, to: number): Frame => ({ data: Buffer.from(text), to });

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
