import { INTERVALS, type Interval } from '@/core/contract';
import type { Instrument } from '@/core/market/instrument';
import { InstrumentDiscovery } from '../base/discovery';
import { listedInstrument } from '../base/listings';
import type { FrameMapper, FrameMapperOptions } from '../base/frames';
import { isRecord, parseJson } from '../base/json';
import { GRANULARITY } from './rest';
import { readProducts, splitCoinbase, toCoinbase } from './symbols';
import { CoinbaseTranslator } from './translate';

/** Bound against a hostile recording full of invented products. */
const MAX_SYMBOLS = 10_000;

/** Recorded messages of both Coinbase feeds through the same translator as live ones. */
class CoinbaseFrames implements FrameMapper {
  private readonly known: Map<string, Instrument>;
  private readonly canonical = new Map<string, string | null>();
  /** Products that were asked for. */
  private readonly expected = new Set<string>();
  private readonly discovery: InstrumentDiscovery;
  private readonly translator: CoinbaseTranslator;

  constructor(private readonly options: FrameMapperOptions) {
    const { instruments, emit } = options;
    this.known = new Map(instruments.map((i) => [toCoinbase(i.symbol), i]));
    this.discovery = new InstrumentDiscovery('coinbase', emit);
    this.translator = new CoinbaseTranslator({
      kind: 'replay',
      route: 'replay',
      symbolOf: (productId) => this.symbolOf(productId),
      emit: (event) => (event.type === 'badInput' ? emit(event) : this.discovery.pass(event)),
      // The recorder did or did not ask for a new snapshot; if one came, it is in the recording.
      resync: () => undefined,
    });
  }

  connected(_url: string, at: number): void {
    this.translator.cut('the recorder connected anew', at);
  }

  sent(raw: string): void {
    const message = parseJson(raw);
    if (!isRecord(message) || message.type !== 'subscribe' || !Array.isArray(message.product_ids)) return;
    for (const product of message.product_ids as readonly unknown[]) if (typeof product === 'string' && this.expected.size < MAX_SYMBOLS) this.expected.add(product);
  }

  received(raw: string, at: number): void {
    const mapped = this.translator.frame(raw, at);
    if (mapped.type === 'error') this.refused(`error of the venue: ${mapped.words}`, at);
  }

  answered(url: string, status: number, raw: string, at: number): void {
    const { pathname, searchParams } = new URL(url);
    const body = status === 200 ? parseJson(raw) : undefined;
    const product = /\/products\/([A-Z0-9-]+)\/candles$/.exec(pathname)?.[1];
    if (body === undefined) this.refused(`REST answer ${status} of ${pathname}`, at);
    else if (pathname.endsWith('/products')) this.products(body, at);
    else if (product !== undefined) this.candles(product, searchParams.get('granularity'), body, at);
  }

  private symbolOf(productId: string): string | null {
    const before = this.canonical.get(productId);
    if (before !== undefined) return before;
    if (this.canonical.size >= MAX_SYMBOLS) return null;
    const split = this.known.has(productId) ? null : splitCoinbase(productId);
    if (split) this.discovery.add(split.base, split.quote);
    const symbol = this.known.get(productId)?.symbol ?? (split ? `${split.base}/${split.quote}` : null);
    this.canonical.set(productId, symbol);
    return symbol;
  }

  /** Only products that occur are announced: the full list has hundreds. */
  private products(body: unknown, at: number): void {
    for (const [productId, listed] of readProducts(body) ?? []) {
      if (this.known.has(productId) || !this.expected.has(productId)) continue;
      const instrument = listedInstrument(listed, null, 'coinbase');
      this.known.set(productId, instrument);
      this.options.emit({ type: 'instrument', venue: 'coinbase', instrument, receiveTime: at });
    }
  }

  private candles(productId: string, granularity: string | null, body: unknown, at: number): void {
    const interval: Interval | undefined = INTERVALS.find((i) => GRANULARITY[i] === granularity);
    const symbol = this.symbolOf(productId);
    if (!interval || symbol === null) return;
    for (const event of this.translator.mapper.candleRows(body, symbol, interval, at, at).events) this.discovery.pass(event);
  }

  private refused(detail: string, at: number): void {
    this.options.emit({ type: 'badInput', venue: 'coinbase', symbol: null, code: 'bad_payload', detail, receiveTime: at });
  }
}

/** The mapper of recorded Coinbase messages. */
export function createCoinbaseFrames(options: FrameMapperOptions): FrameMapper {
  return new CoinbaseFrames(options);
}
