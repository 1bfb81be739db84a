import type { Interval } from '@/core/contract';
import { InstrumentAnnouncer } from '../base/announce';
import type { FrameMapper, FrameMapperOptions } from '../base/frames';
import { isRecord, parseJson } from '../base/json';
import { TwelveDataMapper, type TwelveDataBad } from './mapper';
import { faultOf } from './raw';
import { TWELVE_DATA_INTERVALS } from './rest';

/** Recorded Twelve Data messages through the same mapper as live ones. */
class TwelveDataFrames implements FrameMapper {
  private readonly announcer: InstrumentAnnouncer;
  private readonly mapper: TwelveDataMapper;

  constructor(private readonly options: FrameMapperOptions) {
    this.announcer = new InstrumentAnnouncer('twelvedata', options.instruments, options.emit);
    this.mapper = new TwelveDataMapper({ kind: 'replay', route: 'replay', instrumentOf: (name) => this.announcer.instrument(name) });
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
    if (mapped.type === 'price') mapped.events.forEach((event) => this.announcer.pass(event));
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
    if (event?.type === 'ticker') this.announcer.pass(event);
    else this.bad(event ?? { code: 'bad_payload', symbol: null, detail: `no quote of ${name.slice(0, 24)}` }, at);
  }

  private candles(name: string, venueInterval: string, values: unknown, at: number): void {
    const interval = (Object.keys(TWELVE_DATA_INTERVALS) as Interval[]).find((i) => TWELVE_DATA_INTERVALS[i] === venueInterval);
    const instrument = this.announcer.instrument(name);
    if (!interval || !instrument) return;
    for (const event of this.mapper.candles(values, instrument.symbol, interval, at, at).events) this.announcer.pass(event);
  }

  private bad({ code, symbol, detail }: Omit<TwelveDataBad, 'type'>, at: number): void {
    this.options.emit({ type: 'badInput', venue: 'twelvedata', symbol, code, detail, receiveTime: at });
  }
}

/** The mapper of recorded Twelve Data messages. */
export function createTwelveDataFrames(options: FrameMapperOptions): FrameMapper {
  return new TwelveDataFrames(options);
}
