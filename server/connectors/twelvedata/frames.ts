import type { Interval } from '@/core/contract';
import type { Instrument } from '@/core/market/instrument';
import { InstrumentDiscovery } from '../base/discovery';
import type { FrameMapper, FrameMapperOptions } from '../base/frames';
import { isRecord, parseJson } from '../base/http';
import { defaultInstrument } from '@/core/market/instruments';
import { TwelveDataMapper, type TwelveDataBad } from './mapper';
import { faultOf } from './raw';
import { TWELVE_DATA_INTERVALS } from './rest';
import { toTwelveData } from './symbols';

/** Bound against a hostile recording full of invented symbols. */
const MAX_SYMBOLS = 10_000;

/** Recorded Twelve Data messages through the same mapper as live ones. Shares are known by the built-in list alone. */
class TwelveDataFrames implements FrameMapper {
  private readonly known: Map<string, Instrument>;
  private readonly discovery: InstrumentDiscovery;
  private readonly mapper: TwelveDataMapper;

  constructor(private readonly options: FrameMapperOptions) {
    this.known = new Map(options.instruments.map((i) => [toTwelveData(i, true) ?? '', i]));
    this.discovery = new InstrumentDiscovery('twelvedata', options.emit);
    this.mapper = new TwelveDataMapper({ kind: 'replay', route: 'replay', instrumentOf: (name) => this.instrumentOf(name) });
  }

  /** Prices of one connection do not depend on another. */
  connected(): void {
    return undefined;
  }

  /** Requests name symbols that the answers name again. */
  sent(): void {
    return undefined;
  }

  received(raw: string, at: number): void {
    const mapped = this.mapper.map(raw, at);
    if (mapped.type === 'price') mapped.events.forEach((event) => this.discovery.pass(event));
    else if (mapped.type === 'bad') this.bad(mapped, at);
    else if (mapped.type === 'error') this.bad({ code: 'bad_payload', symbol: null, detail: `error ${mapped.code ?? ''} of the venue: ${mapped.words}` }, at);
  }

  answered(url: string, status: number, raw: string, at: number): void {
    const { pathname, searchParams } = new URL(url);
    const body = status === 200 ? parseJson(raw) : undefined;
    const fault = faultOf(body);
    if (!isRecord(body) || fault) return this.bad({ code: 'bad_payload', symbol: null, detail: `REST answer ${status} of ${pathname}${fault ? `: ${fault.words}` : ''}` }, at);
    const names = (searchParams.get('symbol') ?? '').split(',');
    if (pathname.endsWith('/quote')) for (const name of names) this.quote(name, names.length === 1 ? body : body[name], at);
    else if (pathname.endsWith('/time_series')) this.candles(names[0] ?? '', searchParams.get('interval') ?? '', body.values, at);
  }

  private quote(name: string, entry: unknown, at: number): void {
    const event = isRecord(entry) && !faultOf(entry) ? this.mapper.quote(entry, name, at) : null;
    if (event?.type === 'ticker') this.discovery.pass(event);
    else this.bad(event ?? { code: 'bad_payload', symbol: null, detail: `no quote of ${name.slice(0, 24)}` }, at);
  }

  private candles(name: string, venueInterval: string, values: unknown, at: number): void {
    const interval = (Object.keys(TWELVE_DATA_INTERVALS) as Interval[]).find((i) => TWELVE_DATA_INTERVALS[i] === venueInterval);
    const instrument = this.instrumentOf(name);
    if (!interval || !instrument) return;
    for (const event of this.mapper.candles(values, instrument.symbol, interval, at, at).events) this.discovery.pass(event);
  }

  private instrumentOf(name: string): Instrument | null {
    const known = this.known.get(name);
    if (known) return known;
    if (this.known.size >= MAX_SYMBOLS || !/^[A-Z0-9]{1,15}\/[A-Z0-9]{2,10}$/.test(name)) return null;
    const instrument = defaultInstrument(name);
    this.known.set(name, instrument);
    this.discovery.add(instrument.base, instrument.quote);
    return instrument;
  }

  private bad({ code, symbol, detail }: Omit<TwelveDataBad, 'type'>, at: number): void {
    this.options.emit({ type: 'badInput', venue: 'twelvedata', symbol, code, detail, receiveTime: at });
  }
}

/** The mapper of recorded Twelve Data messages. */
export function createTwelveDataFrames(options: FrameMapperOptions): FrameMapper {
  return new TwelveDataFrames(options);
}
