import type { Instrument } from '@/core/market/instrument';
import { InstrumentDiscovery } from '../base/discovery';
import { listedInstrument } from '../base/listings';
import type { FrameMapper, FrameMapperOptions } from '../base/frames';
import { isRecord, parseJson } from '../base/json';
import { intervalOf } from './mapper';
import { isHttpFault, rowsOf } from './rest';
import type { KrakenPair } from './raw';
import { fromOldName, readAssetPairs, splitKraken, toRestName } from './symbols';
import { KrakenTranslator } from './translate';

/** Bound against a hostile recording full of invented symbols. */
const MAX_SYMBOLS = 10_000;
const VENUE = 'kraken';

/** Recorded Kraken messages, of v2 or v1, through the same translator as live ones. */
class KrakenFrames implements FrameMapper {
  private readonly known: Map<string, Instrument>;
  /** v2 names that occurred: true when they may be used. */
  private readonly seen = new Map<string, boolean>();
  private readonly discovery: InstrumentDiscovery;
  private readonly translator: KrakenTranslator;
  private readonly pairs = new Map<string, KrakenPair>();
  private now = 0;

  constructor(private readonly options: FrameMapperOptions) {
    const { instruments, emit } = options;
    this.known = new Map(instruments.map((i) => [i.symbol, i]));
    this.discovery = new InstrumentDiscovery(VENUE, emit);
    this.translator = new KrakenTranslator({
      kind: 'replay',
      route: 'replay',
      depth: null,
      symbolOf: (venueSymbol) => this.symbolOf(venueSymbol),
      emit: (event) => (event.type === 'badInput' ? emit(event) : this.discovery.pass(event)),
      // A recording cannot be asked for a new snapshot; a later one in it makes the book good again.
      resubscribe: () => undefined,
    });
  }

  connected(_url: string, at: number): void {
    this.translator.cut('the recorder connected anew', at);
  }

  /** The depth asked for; v2: `params`, v1: `subscription`. */
  sent(raw: string): void {
    const message = parseJson(raw);
    if (!isRecord(message)) return;
    const wish = isRecord(message.params) ? message.params : message.subscription;
    if (!isRecord(wish) || (wish.channel ?? wish.name) !== 'book') return;
    const names = [wish.symbol, message.pair].flat().filter((name: unknown) => typeof name === 'string');
    for (const name of names.slice(0, MAX_SYMBOLS)) this.translator.expectDepth(fromOldName(name), typeof wish.depth === 'number' ? wish.depth : 10);
  }

  received(raw: string, at: number): void {
    this.now = at;
    const mapped = this.translator.frame(raw, at);
    if (mapped.type === 'pairs') this.facts(mapped.pairs);
    // Nothing of what follows is lost by a refusal; what was refused never comes.
    else if (mapped.type === 'refused') this.refused(`the venue refused ${mapped.venueSymbol ?? 'a request'}: ${mapped.words}`, at);
  }

  answered(url: string, status: number, raw: string, at: number): void {
    this.now = at;
    const { pathname, searchParams } = new URL(url);
    const body = status === 200 ? parseJson(raw) : undefined;
    if (body === undefined || isHttpFault(body)) this.refused(`REST answer ${status} of ${pathname}`, at);
    else if (pathname.endsWith('/AssetPairs')) this.facts(readAssetPairs(body));
    else if (pathname.endsWith('/OHLC')) this.candles(searchParams, body, at);
  }

  private symbolOf(venueSymbol: string): string | null {
    const before = this.seen.get(venueSymbol);
    if (before !== undefined) return before ? venueSymbol : null;
    const parts = splitKraken(venueSymbol);
    if (this.seen.size >= MAX_SYMBOLS) return null;
    this.seen.set(venueSymbol, parts !== null);
    if (parts === null || this.known.has(venueSymbol)) return parts && venueSymbol;
    const pair = this.pairs.get(venueSymbol);
    if (pair) this.announce(pair);
    else this.discovery.add(parts.base, parts.quote);
    return venueSymbol;
  }

  /** Only pairs that occur are announced: a full list has more than a thousand. */
  private facts(pairs: readonly KrakenPair[]): void {
    for (const pair of pairs.slice(0, MAX_SYMBOLS)) {
      this.pairs.set(pair.symbol, pair);
      if (this.seen.get(pair.symbol) && !this.known.has(pair.symbol)) this.announce(pair);
    }
  }

  private announce(pair: KrakenPair): void {
    const instrument = listedInstrument(pair, null, VENUE);
    this.known.set(pair.symbol, instrument);
    this.discovery.settle(pair.symbol);
    this.options.emit({ type: 'instrument', venue: VENUE, instrument, receiveTime: this.now });
  }

  private candles(query: URLSearchParams, body: unknown, at: number): void {
    const interval = intervalOf(Number(query.get('interval') ?? 1));
    const name = query.get('pair') ?? '';
    const venueSymbol = [...this.known.keys(), ...this.pairs.keys()].find((symbol) => toRestName(symbol) === name);
    const symbol = venueSymbol === undefined ? null : this.symbolOf(venueSymbol);
    if (interval === null || symbol === null) return;
    for (const event of this.translator.mapper.candles(rowsOf(body) ?? [], symbol, interval, at, at).events) this.discovery.pass(event);
  }

  private refused(detail: string, at: number): void {
    this.options.emit({ type: 'badInput', venue: VENUE, symbol: null, code: 'bad_payload', detail, receiveTime: at });
  }
}

/** The mapper of recorded Kraken messages. */
export function createKrakenFrames(options: FrameMapperOptions): FrameMapper {
  return new KrakenFrames(options);
}
