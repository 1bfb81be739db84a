import { fileURLToPath } from 'node:url';
import { BUILT_IN_INSTRUMENTS } from '@/core/market/instruments';
import { VENUES } from '../../../server/connectors/registry';
import { replayFrames } from '../../../server/connectors/replay';
import { sharedPath } from '../../support/shared';

/** Excerpts that are always there, and the whole recordings of thin pairs where they lie beside the repository. */
const FILES = [
  fileURLToPath(new URL('../../fixtures/coinbase/exchange-5pairs-20210417-excerpt.jsonl', import.meta.url)),
  sharedPath('recordings/coinbase/exchange-5pairs-20210417a.jsonl.gz'),
  sharedPath('recordings/binance/spot-nknusdt-lrcbtc-20211012.jsonl.gz'),
  sharedPath('recordings/kraken/v1-5pairs-20210417a.jsonl.gz'),
].filter((path) => path !== null);

export interface RecordedStream {
  readonly name: string;
  /** Times of receipt of the messages that tell a price, ms; of the book's where nothing else came. */
  readonly times: readonly number[];
}

/** The streams of all recordings with at least five messages. */
export async function recordedStreams(): Promise<RecordedStream[]> {
  const streams: RecordedStream[] = [];
  for (const path of FILES) {
    const prices = new Map<string, number[]>();
    const books = new Map<string, number[]>();
    await replayFrames(path, {
      venues: VENUES, instruments: BUILT_IN_INSTRUMENTS,
      emit: (event) => {
        if (!('symbol' in event) || event.symbol === null) return;
        const priced = event.type === 'quote' || event.type === 'trade' || event.type === 'ticker';
        const map = priced ? prices : event.type === 'book' ? books : null;
        if (map) map.set(event.symbol, [...(map.get(event.symbol) ?? []), event.receiveTime]);
      },
    });
    for (const symbol of new Set([...prices.keys(), ...books.keys()])) {
      const times = prices.get(symbol) ?? books.get(symbol) ?? [];
      if (times.length >= 5) streams.push({ name: `${symbol} in ${path.split('/').at(-1) ?? ''} (${times.length} messages)`, times });
    }
  }
  return streams;
}
