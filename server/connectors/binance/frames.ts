import { INTERVALS } from '@/core/contract';
import type { Instrument } from '@/core/market/instrument';
import type { FrameMapper, FrameMapperOptions } from '../base/frames';
import { listedInstrument } from '../base/listings';
import { InstrumentDiscovery } from '../base/discovery';
import { isRecord, parseJson } from '../base/json';
import { readExchangeInfo, splitBinance, toBinance } from './symbols';
import { BinanceTranslator } from './translate';

/** Bound against a hostile recording full of invented symbols. */
const MAX_SYMBOLS = 10_000;

/** Recorded Binance messages through the same translator as live ones. */
class BinanceFrames implements FrameMapper {
  private readonly known: Map<string, Instrument>;
  private readonly canonical = new Map<string, string | null>();
  /** Venue symbols that were asked for. */
  private readonly expected = new Set<string>();
  private readonly discovery: InstrumentDiscovery;
  private readonly translator: BinanceTranslator;

  constructor(private readonly options: FrameMapperOptions) {
    const { instruments, emit } = options;
    this.known = new Map(instruments.map((i) => [toBinance(i.symbol), i]));
    this.discovery = new InstrumentDiscovery('binance', emit);
    this.translator = new BinanceTranslator({
      kind: 'replay',
      route: 'replay',
      symbolOf: (venueSymbol) => this.symbolOf(venueSymbol),
      emit: (event) => (event.type === 'badInput' ? emit(event) : this.discovery.pass(event)),
      // The recorder asked for snapshots itself; its answers are in the recording.
      needSnapshot: () => undefined,
    });
  }

  connected(url: string, at: number): void {
    const address = new URL(url);
    this.translator.cut('the recorder connected anew', at);
    this.expect((address.searchParams.get('streams') ?? address.pathname.replace(/^\/ws\/?/, '')).split('/'));
  }

  sent(raw: string): void {
    const message = parseJson(raw);
    if (!isRecord(message) || message.method !== 'SUBSCRIBE' || !Array.isArray(message.params)) return;
    this.expect(message.params.filter((p: unknown) => typeof p === 'string'));
  }

  received(raw: string, at: number): void {
    const mapped = this.translator.frame(raw, at);
    if (mapped.type === 'error') this.refused(`error ${mapped.code} of the venue: ${mapped.words}`, at);
  }

  answered(url: string, status: number, raw: string, at: number): void {
    const { pathname, searchParams } = new URL(url);
    const venueSymbol = searchParams.get('symbol') ?? '';
    const body = status === 200 ? parseJson(raw) : undefined;
    if (body === undefined) this.refused(`REST answer ${status} of ${pathname}`, at);
    else if (pathname.endsWith('/exchangeInfo')) this.exchangeInfo(body, at);
    else if (pathname.endsWith('/klines')) this.klines(venueSymbol, searchParams.get('interval'), body, at);
    else if (pathname.endsWith('/depth') && !this.translator.depthSnapshot(venueSymbol, body, at)) this.refused(`depth snapshot of ${venueSymbol}`, at);
  }

  private symbolOf(venueSymbol: string): string | null {
    const before = this.canonical.get(venueSymbol);
    if (before !== undefined) return before;
    const split = this.known.has(venueSymbol) ? null : splitBinance(venueSymbol);
    if (this.canonical.size >= MAX_SYMBOLS) return null;
    if (split) this.discovery.add(split.base, split.quote);
    const symbol = this.known.get(venueSymbol)?.symbol ?? (split ? `${split.base}/${split.quote}` : null);
    this.canonical.set(venueSymbol, symbol);
    return symbol;
  }

  private expect(streams: readonly string[]): void {
    this.translator.expect(streams);
    for (const stream of streams) this.expected.add((stream.split('@')[0] ?? '').toUpperCase());
  }

  /** Only symbols that occur are announced: a full list has thousands. */
  private exchangeInfo(body: unknown, at: number): void {
    for (const [venueSymbol, listed] of readExchangeInfo(body) ?? []) {
      if (this.known.has(venueSymbol) || !this.expected.has(venueSymbol)) continue;
      const instrument = listedInstrument(listed, null, 'binance');
      this.known.set(venueSymbol, instrument);
      this.options.emit({ type: 'instrument', venue: 'binance', instrument, receiveTime: at });
    }
  }

  private klines(venueSymbol: string, name: string | null, body: unknown, at: number): void {
    const interval = INTERVALS.find((i) => i === name);
    const symbol = this.symbolOf(venueSymbol);
    if (!interval || symbol === null) return;
    for (const event of this.translator.mapper.klines(body, symbol, interval, at, at).events) this.discovery.pass(event);
  }

  private refused(detail: string, at: number): void {
    this.options.emit({ type: 'badInput', venue: 'binance', symbol: null, code: 'bad_payload', detail, receiveTime: at });
  }
}

/** The mapper of recorded Binance messages. */
export function createBinanceFrames(options: FrameMapperOptions): FrameMapper {
  return new BinanceFrames(options);
}
