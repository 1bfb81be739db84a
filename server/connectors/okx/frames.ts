import type { Instrument } from '@/core/market/instrument';
import { InstrumentDiscovery } from '../base/discovery';
import { listedInstrument } from '../base/listings';
import type { FrameMapper, FrameMapperOptions } from '../base/frames';
import { isRecord, parseJson } from '../base/json';
import { OKX_BARS } from './mapper';
import { readInstruments, splitOkx, toOkx } from './symbols';
import { OkxTranslator } from './translate';

/** Bound against a hostile recording full of invented symbols. */
const MAX_SYMBOLS = 10_000;

/** Recorded OKX messages through the same translator as live ones. */
class OkxFrames implements FrameMapper {
  private readonly known: Map<string, Instrument>;
  private readonly canonical = new Map<string, string | null>();
  /** Instruments that were asked for. */
  private readonly expected = new Set<string>();
  private readonly discovery: InstrumentDiscovery;
  private readonly translator: OkxTranslator;

  constructor(private readonly options: FrameMapperOptions) {
    const { instruments, emit } = options;
    this.known = new Map(instruments.map((i) => [toOkx(i.symbol), i]));
    this.discovery = new InstrumentDiscovery('okx', emit);
    this.translator = new OkxTranslator({
      kind: 'replay',
      route: 'replay',
      symbolOf: (instId) => this.symbolOf(instId),
      emit: (event) => (event.type === 'badInput' ? emit(event) : this.discovery.pass(event)),
      // The recorder asked for snapshots and streams itself; the answers are in the recording.
      needSnapshot: () => undefined,
      needStream: () => undefined,
    });
  }

  connected(url: string, at: number): void {
    // Books are on the public socket; the business socket beside it does not touch them.
    if (!new URL(url).pathname.endsWith('/business')) this.translator.cut('the recorder connected anew', at);
  }

  sent(raw: string): void {
    const message = parseJson(raw);
    if (!isRecord(message) || message.op !== 'subscribe' || !Array.isArray(message.args)) return;
    for (const arg of message.args as readonly unknown[]) if (isRecord(arg) && typeof arg.instId === 'string') this.expected.add(arg.instId);
  }

  received(raw: string, at: number): void {
    const mapped = this.translator.frame(raw, at);
    if (mapped.type === 'error') this.refused(`error ${mapped.code} of the venue: ${mapped.words}`, at);
  }

  answered(url: string, status: number, raw: string, at: number): void {
    const { pathname, searchParams } = new URL(url);
    const instId = searchParams.get('instId') ?? '';
    const body = status === 200 ? parseJson(raw) : undefined;
    const code = isRecord(body) ? body.code : undefined;
    if (body === undefined || code !== '0') this.refused(`REST answer ${status}${typeof code === 'string' ? ` (code ${code})` : ''} of ${pathname}`, at);
    else if (pathname.endsWith('/public/instruments')) this.instruments(body, at);
    else if (pathname.endsWith('candles')) this.candles(instId, searchParams.get('bar') ?? '1m', body, at);
    else if (pathname.endsWith('/market/books')) this.translator.restBook(instId, body, at);
  }

  private symbolOf(instId: string): string | null {
    const before = this.canonical.get(instId);
    if (before !== undefined) return before;
    if (this.canonical.size >= MAX_SYMBOLS) return null;
    const known = this.known.get(instId);
    const split = splitOkx(instId);
    if (!known && split) this.discovery.add(split.base, split.quote);
    const symbol = known?.symbol ?? (split ? `${split.base}/${split.quote}` : null);
    this.canonical.set(instId, symbol);
    return symbol;
  }

  /** Only pairs that occur are announced: a full list has hundreds. */
  private instruments(body: unknown, at: number): void {
    for (const [instId, listed] of readInstruments(body) ?? []) {
      if (this.known.has(instId) || !this.expected.has(instId)) continue;
      const instrument = listedInstrument(listed, null, 'okx');
      this.known.set(instId, instrument);
      this.options.emit({ type: 'instrument', venue: 'okx', instrument, receiveTime: at });
    }
  }

  private candles(instId: string, bar: string, body: unknown, at: number): void {
    const interval = OKX_BARS.get(bar);
    const symbol = this.symbolOf(instId);
    if (!interval || symbol === null) return;
    for (const event of this.translator.mapper.restCandles(body, symbol, interval, at).events) this.discovery.pass(event);
  }

  private refused(detail: string, at: number): void {
    this.options.emit({ type: 'badInput', venue: 'okx', symbol: null, code: 'bad_payload', detail, receiveTime: at });
  }
}

/** The mapper of recorded OKX messages. */
export function createOkxFrames(options: FrameMapperOptions): FrameMapper {
  return new OkxFrames(options);
}
