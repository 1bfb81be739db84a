import type { BookView } from '@/core/engine';
import type { InputEvent } from '@/core/market/events';
import { BinanceTranslator } from '../../../server/connectors/binance/translate';
import { CoinbaseTranslator } from '../../../server/connectors/coinbase/translate';
import { KrakenTranslator } from '../../../server/connectors/kraken/translate';
import { OkxTranslator } from '../../../server/connectors/okx/translate';
import { frameText } from '../kraken/oracle';
import { move, type Course, type Step } from './course';
import { ReferenceBook } from './reference';

/** A message on its way; `version` = number of the step whose book it leads to. */
export interface Message {
  readonly text: string;
  readonly symbol: string | null;
  readonly version: number;
  /** A REST body instead of a message of the socket. */
  readonly rest?: boolean;
}

/** The venue on one end, the product's translator on the other, and what the two owe one another. */
export abstract class Wire {
  version = -1;
  /** Symbols whose book was asked for anew. */
  readonly asked = new Set<string>();
  resyncs = 0;
  protected readonly books: Map<string, ReferenceBook>;
  protected readonly seen = new Set<string>();
  private readonly delivered = new Map<string, number>();

  constructor(protected readonly course: Course) {
    this.books = new Map(course.symbols.map((symbol) => [symbol, new ReferenceBook(course.kept)]));
    if (course.start) this.books.get('BTC/USDT')?.replace(course.start.levels);
  }

  /** The market moves on; gives what the venue says. */
  advance(): Message {
    this.version += 1;
    const step = this.course.steps[this.version];
    if (!step) throw new Error('the recording is over');
    move(this.books, step);
    if (step.symbol !== null) this.seen.add(step.symbol);
    return this.message(this.write(step), step.symbol);
  }

  deliver(message: Message, at: number): void {
    if (message.symbol !== null) this.delivered.set(message.symbol, message.version);
    this.take(message, at);
  }

  /** What the venue answers to everything asked, with its present books. */
  answers(): Message[] {
    const symbols = [...this.asked].filter((s) => this.seen.has(s));
    this.asked.clear();
    this.resyncs += symbols.length;
    return symbols.flatMap((symbol) => this.answer(symbol));
  }

  /** A snapshot that nobody asked for; none where the venue has no such message. */
  second(symbol: string): Message[] {
    return this.seen.has(symbol) ? [this.snapshot(symbol)] : [];
  }

  /** The same message with a wrong checksum; null where there is none. */
  spoil(_message: Message): Message | null {
    return null;
  }

  /** The venue numbers anew from the next message; false where it never does within a connection. */
  reset(): boolean {
    return false;
  }

  /** The connection is cut; gives what the next one begins with. */
  cut(at: number): Message[] {
    this.asked.clear();
    this.translator.cut('the connection was cut', at);
    return this.begin();
  }

  /** Number of the step whose book the one held must be. */
  versionOf(view: BookView): number | undefined {
    return this.delivered.get(view.symbol);
  }

  /** Whole book of the venue at present. */
  truth(symbol: string) {
    return this.books.get(symbol)?.top(Infinity) ?? { bids: [], asks: [] };
  }

  protected message(text: string, symbol: string | null): Message {
    return { text, symbol, version: this.version };
  }
  protected begin(): Message[] {
    return [...this.seen].map((symbol) => this.snapshot(symbol));
  }
  protected answer(symbol: string): Message[] {
    return [this.snapshot(symbol)];
  }
  protected ask(symbol: string): void {
    this.asked.add(symbol);
  }
  protected abstract readonly translator: { cut(reason: string, at: number): void };
  protected abstract write(step: Step): string;
  protected abstract take(message: Message, at: number): void;
  protected abstract snapshot(symbol: string): Message;
}

type Emit = (event: InputEvent) => void;
const LIVE = { kind: 'live', route: 'socket' } as const;
const dashed = (symbol: string): string => symbol.replace('/', '-');
const slashed = (venueSymbol: string): string => venueSymbol.replace('-', '/');

class BinanceWire extends Wire {
  protected readonly translator: BinanceTranslator;
  private readonly versions: ReadonlyMap<number, number>;

  constructor(course: Course, emit: Emit) {
    super(course);
    this.versions = new Map(course.steps.map((step, i) => [step.id, i]));
    this.translator = new BinanceTranslator({ ...LIVE, symbolOf: () => 'BTC/USDT', emit, needSnapshot: () => this.ask('BTC/USDT') });
  }
  override versionOf(view: BookView): number | undefined {
    return this.versions.get(view.updateId ?? -1);
  }
  /** The stream has no snapshots; REST is asked. */
  override second(): Message[] {
    return [];
  }
  protected override begin(): Message[] {
    return [];
  }
  protected write(step: Step): string {
    return step.raw;
  }
  protected take({ text, rest }: Message, at: number): void {
    if (rest) this.translator.depthSnapshot('BTCUSDT', JSON.parse(text), at);
    else this.translator.frame(text, at);
  }
  protected snapshot(symbol: string): Message {
    const body = { lastUpdateId: this.course.steps[this.version]?.id, ...this.truth(symbol) };
    return { ...this.message(JSON.stringify(body), symbol), rest: true };
  }
}

class OkxWire extends Wire {
  protected readonly translator: OkxTranslator;
  private readonly versions = new Map<number, number>();
  private base = 90_000_000;
  private last = -1;

  constructor(course: Course, emit: Emit) {
    super(course);
    this.translator = new OkxTranslator({ ...LIVE, symbolOf: slashed, emit, needSnapshot: () => undefined, needStream: (stream) => this.ask(slashed(stream.replace('books:', ''))) });
  }
  override versionOf(view: BookView): number | undefined {
    return this.versions.get(view.updateId ?? -1);
  }
  override spoil(message: Message): Message {
    return { ...message, text: message.text.replace(/"checksum":-?\d+/, '"checksum":12345') };
  }
  override reset(): boolean {
    // Each range is used once, so that a number tells the book.
    if (this.base < 10_000_000) return false;
    this.base -= 10_000_000;
    return true;
  }
  protected write(step: Step): string {
    const previous = step.snapshot ? -1 : this.last;
    this.last = this.base + this.version * 7;
    this.versions.set(this.last, this.version);
    const frame = JSON.parse(step.raw) as { data: readonly object[] };
    return JSON.stringify({ ...frame, data: [{ ...frame.data[0], checksum: 0, prevSeqId: previous, seqId: this.last }] });
  }
  protected take({ text }: Message, at: number): void {
    this.translator.frame(text, at);
  }
  protected override answer(symbol: string): Message[] {
    const ack = JSON.stringify({ event: 'subscribe', arg: { channel: 'books', instId: dashed(symbol) }, connId: 'a4d3ae55' });
    return [{ ...this.message(ack, null) }, this.snapshot(symbol)];
  }
  protected snapshot(symbol: string): Message {
    const data = [{ ...this.truth(symbol), ts: '1652459225500', checksum: 0, prevSeqId: -1, seqId: this.last }];
    return this.message(JSON.stringify({ arg: { channel: 'books', instId: dashed(symbol) }, action: 'snapshot', data }), symbol);
  }
}

class CoinbaseWire extends Wire {
  protected readonly translator: CoinbaseTranslator;
  private readonly versions = new Map<number, number>();
  private number = 0;

  constructor(course: Course, emit: Emit) {
    super(course);
    this.translator = new CoinbaseTranslator({ ...LIVE, symbolOf: slashed, emit, resync: (products) => products.forEach((p) => this.ask(slashed(p))) });
  }
  override versionOf(view: BookView): number | undefined {
    return this.versions.get(view.updateId ?? -1);
  }
  override reset(): boolean {
    this.number = 0;
    return true;
  }
  protected override begin(): Message[] {
    this.number = 0;
    return super.begin();
  }
  protected write(step: Step): string {
    return step.raw.replace(/"sequence_num":\d+/, `"sequence_num":${this.next()}`);
  }
  protected take({ text }: Message, at: number): void {
    this.translator.frame(text, at);
  }
  protected snapshot(symbol: string): Message {
    const { bids, asks } = this.truth(symbol);
    const row = (side: string) => ([price_level, new_quantity]: readonly [string, string]) => ({ side, event_time: '2026-08-09T21:05:50Z', price_level, new_quantity });
    const events = [{ type: 'snapshot', product_id: dashed(symbol), updates: [...bids.map(row('bid')), ...asks.map(row('offer'))] }];
    return this.message(JSON.stringify({ channel: 'l2_data', timestamp: '2026-08-09T21:05:50.1Z', sequence_num: this.next(), events }), symbol);
  }
  private next(): number {
    this.versions.set(this.number, this.version);
    return this.number++;
  }
}

class KrakenWire extends Wire {
  protected readonly translator: KrakenTranslator;
  private readonly times = new Map<string, string | null>();

  constructor(course: Course, emit: Emit) {
    super(course);
    this.translator = new KrakenTranslator({ ...LIVE, symbolOf: (s) => s, depth: course.kept, emit, resubscribe: (symbol) => this.ask(symbol) });
  }
  override spoil(message: Message): Message | null {
    const text = message.text.replace(/"checksum":(\d+)/, (_all, sum: string) => `"checksum":${(Number(sum) + 1) % 2 ** 32}`);
    return text === message.text ? null : { ...message, text };
  }
  protected write(step: Step): string {
    if (step.symbol !== null) this.times.set(step.symbol, step.time);
    return step.raw;
  }
  protected take({ text }: Message, at: number): void {
    this.translator.frame(text, at);
  }
  protected snapshot(symbol: string): Message {
    const { bids, asks } = this.truth(symbol);
    return this.message(frameText(symbol, { bids: [...bids], asks: [...asks] }, this.times.get(symbol) ?? null), symbol);
  }
}

const WIRES = { binance: BinanceWire, okx: OkxWire, coinbase: CoinbaseWire, kraken: KrakenWire } as const;

/** The two ends for a course. */
export function createWire(course: Course, emit: Emit): Wire {
  return new WIRES[course.venue](course, emit);
}
