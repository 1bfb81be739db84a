import type { Instrument } from '@/core/market/instrument';
import type { HttpFailure } from './http';

export interface SelectionRule {
  readonly name: string;
  /** May the venue list it? Its own list is final. */
  readonly mayBeListed: (instrument: Instrument) => boolean;
  /** The venue's spelling of a canonical symbol. */
  readonly spell: (symbol: string) => string;
  /** Most symbols asked for. */
  readonly max?: number;
}

export interface Selection {
  /** By the venue's name of it, in the order wanted. */
  readonly wanted: ReadonlyMap<string, Instrument>;
  /** Crypto pairs that cannot be asked for, and why. */
  readonly impossible: ReadonlyMap<string, string>;
}

/** Which of the wanted instruments a crypto venue is asked for. */
export function selectCrypto(instruments: readonly Instrument[], { name, mayBeListed, spell, max = Infinity }: SelectionRule): Selection {
  const wanted = new Map<string, Instrument>();
  const impossible = new Map<string, string>();
  for (const instrument of instruments) {
    if (instrument.assetClass !== 'crypto') continue;
    if (!mayBeListed(instrument)) impossible.set(instrument.symbol, `not a pair that ${name} can list`);
    else if (wanted.size >= max) impossible.set(instrument.symbol, `more than the ${max} pairs that we ask ${name} for`);
    else wanted.set(spell(instrument.symbol), instrument);
  }
  return { wanted, impossible };
}

/** The failure of a REST answer that has another form than documented. */
export function formFault(what: string): HttpFailure {
  return { kind: 'bad', words: `${what} has not the expected form`, status: 200, retryAfterMs: null, venueCode: null };
}
