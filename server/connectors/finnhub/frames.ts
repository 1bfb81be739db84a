import { InstrumentAnnouncer } from '../base/announce';
import type { FrameMapper, FrameMapperOptions } from '../base/frames';
import { parseJson } from '../base/json';
import { FinnhubMapper, type FinnhubBad } from './mapper';
import { canonicalOf } from './symbols';

/** Recorded Finnhub messages through the same mapper as live ones. */
class FinnhubFrames implements FrameMapper {
  private readonly announcer: InstrumentAnnouncer;
  private readonly mapper: FinnhubMapper;

  constructor(private readonly options: FrameMapperOptions) {
    this.announcer = new InstrumentAnnouncer('finnhub', options.instruments, options.emit);
    this.mapper = new FinnhubMapper({ kind: 'replay', route: 'replay', symbolOf: (venueSymbol) => this.announcer.instrument(canonicalOf(venueSymbol) ?? '')?.symbol ?? null });
  }

  connected(): void {
    this.mapper.connected();
  }

  /** Requests name symbols that the rows name again. */
  sent(): void {
    return undefined;
  }

  received(raw: string, at: number): void {
    const mapped = this.mapper.map(raw, at);
    if (mapped.type === 'bad') this.bad(mapped, at);
    else if (mapped.type === 'error') this.bad({ code: 'bad_payload', symbol: null, detail: `error of the venue: ${mapped.words}` }, at);
    if (mapped.type !== 'rows') return;
    for (const row of mapped.rows) {
      if (row.type === 'row') this.announcer.pass(row.event);
      else this.bad(row, at);
    }
  }

  answered(url: string, status: number, raw: string, at: number): void {
    const { pathname, searchParams } = new URL(url);
    if (!pathname.endsWith('/quote')) return;
    if (status !== 200) return this.bad({ code: 'bad_payload', symbol: null, detail: `REST answer ${status} of ${pathname}` }, at);
    const event = this.mapper.quote(parseJson(raw), searchParams.get('symbol') ?? '', at);
    if (event === 'unknown') return;
    if (event.type === 'bad') this.bad(event, at);
    else this.announcer.pass(event);
  }

  private bad({ code, symbol, detail }: Omit<FinnhubBad, 'type'>, at: number): void {
    this.options.emit({ type: 'badInput', venue: 'finnhub', symbol, code, detail, receiveTime: at });
  }
}

/** The mapper of recorded Finnhub messages. */
export function createFinnhubFrames(options: FrameMapperOptions): FrameMapper {
  return new FinnhubFrames(options);
}
