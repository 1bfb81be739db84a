import type { Instrument } from '@/core/market/instrument';
import { InstrumentDiscovery } from '../base/discovery';
import type { FrameMapper, FrameMapperOptions } from '../base/frames';
import { parseJson } from '../base/http';
import { FinnhubMapper, type FinnhubBad } from './mapper';
import { pairOf, toFinnhub } from './symbols';

/** Bound against a hostile recording full of invented symbols. */
const MAX_SYMBOLS = 10_000;

/** Recorded Finnhub messages through the same mapper as live ones. Shares are known by the built-in list alone. */
class FinnhubFrames implements FrameMapper {
  private readonly known: ReadonlyMap<string, Instrument>;
  private readonly canonical = new Map<string, string | null>();
  private readonly discovery: InstrumentDiscovery;
  private readonly mapper: FinnhubMapper;

  constructor(private readonly options: FrameMapperOptions) {
    this.known = new Map(options.instruments.map((i) => [toFinnhub(i, true) ?? '', i]));
    this.discovery = new InstrumentDiscovery('finnhub', options.emit);
    this.mapper = new FinnhubMapper({ kind: 'replay', route: 'replay', symbolOf: (venueSymbol) => this.symbolOf(venueSymbol) });
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
      if (row.type === 'row') this.discovery.pass(row.event);
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
    else this.discovery.pass(event);
  }

  private symbolOf(venueSymbol: string): string | null {
    const before = this.canonical.get(venueSymbol);
    if (before !== undefined) return before;
    if (this.canonical.size >= MAX_SYMBOLS) return null;
    const pair = pairOf(venueSymbol);
    const known = this.known.get(venueSymbol)?.symbol;
    if (known === undefined && pair !== null) {
      const [base = '', quote = ''] = pair.split('/');
      this.discovery.add(base, quote);
    }
    const symbol = known ?? pair;
    this.canonical.set(venueSymbol, symbol);
    return symbol;
  }

  private bad({ code, symbol, detail }: Omit<FinnhubBad, 'type'>, at: number): void {
    this.options.emit({ type: 'badInput', venue: 'finnhub', symbol, code, detail, receiveTime: at });
  }
}

/** The mapper of recorded Finnhub messages. */
export function createFinnhubFrames(options: FrameMapperOptions): FrameMapper {
  return new FinnhubFrames(options);
}
