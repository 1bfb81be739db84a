import { join } from 'node:path';
import { repoRoot } from '../../support/shared';
import { readRecordingLines } from '../../support/venuePlayer';

const market = { price: 50_000.1, change_24h: 2.5, volume_24h: 1_234.5, bid: 50_000, ask: 50_000.2, high_24h: 51_000, low_24h: 49_000, source: 'binance', quality: 'live', state: 'ok', age_ms: 40, venue_time: 1_767_322_000_100, route: 'socket' };
const timestamp = '2026-01-02T03:04:05.678Z';

/** What clients say, one of each kind. */
export const CLIENT_FRAMES: readonly string[] = [
  { type: 'hello', v: 2, client: { name: 'web', version: '1.0.0' }, features: ['ack', 'rows'], auth: { ticket: 'abc' }, resume: { market: { epoch: 'k3f9a1c2', seq: 18_231, symbols: ['BTC/USDT'] }, 'book:BTC/USDT': { epoch: 'b7', seq: 9 } } },
  { type: 'subscribe', id: 17, channels: ['market', 'book:BTC/USDT', 'trades:BTC/USDT@okx', 'candles:BTC/USDT:1m'], symbols: ['BTC/USDT', 'SOL/USDT'] }, { type: 'unsubscribe', id: 18, channels: ['book:BTC/USDT'], symbols: ['SOL/USDT'] },
  { type: 'ping', id: 5, t: 123 }, { type: 'ack', bytes: 183_221 }, { type: 'resync', id: 19, channel: 'market', have: { epoch: 'k3f9a1c2', seq: 18_262 }, symbols: ['BTC/USDT'], sv: 100 }, { type: 'auth', ticket: 'abc' },
].map((message) => JSON.stringify(message));

/** What the server says. */
export const SERVER_FRAMES: readonly string[] = [
  { type: 'hello', v: 2, conn: 'c_9f2c', node: 'a', server_version: '1.0.0', time: timestamp, stream: 'market', mode: 'live', heartbeat_ms: 5_000, dead_ms: 12_000, flush_ms: 100, window_bytes: 32_768, ack_bytes: 16_384, stale_ms: 15_000, limits: { frame_bytes: 16_384, symbols: 500, channels: 64, msgs_per_10s: 100 }, reconnect: { base_ms: 1_000, cap_ms: 10_000, first_ms: 1_000 }, auth: { mode: 'none', expires_in_ms: null }, resumed: { market: true }, reasons: {} },
  { type: 'initial_data', stream: 'market', channel: 'market', epoch: 'k3', seq: 18_240, part: 1, parts: 1, data: { 'BTC/USDT': market }, timestamp },
  { type: 'market_update', symbol: 'BTC/USDT', data: market, timestamp, stream: 'market', epoch: 'k3', prev: 18_240, seq: 18_241 },
  { type: 'batch', stream: 'market', channel: 'market', epoch: 'k3', prev: 18_240, seq: 18_262, sv: 3, timestamp, updates: [{ type: 'market_update', symbol: 'BTC/USDT', data: market }], removed: ['XYZ'] },
  { type: 'schema', channel: 'market', sid: 1, cols: ['price', 'change_24h', 'volume_24h', 'bid', 'ask'], ids: ['BTC/USDT', 'ETH/USDT'] }, { t: 'b', c: 1, e: 'k3', p: 18_240, q: 18_262, v: 3, ts: 1_767_322_000_123, r: [[0, 50_000.1, 2.5, 1_234.5, 50_000, 50_000.2]], x: [1] },
  { type: 'book_snapshot', symbol: 'BTC/USDT', channel: 'book:BTC/USDT', epoch: 'b7', seq: 90_211, depth: 50, bids: [['50000.0', '0.25']], asks: [['50000.2', '0.10']], crc: 3_310_070_434, timestamp },
  { type: 'book_update', symbol: 'BTC/USDT', channel: 'book:BTC/USDT', epoch: 'b7', prev: 90_211, seq: 90_230, bids: [['50000.0', '0']], asks: [], crc: 1_284_337_741, timestamp },
  { type: 'batch', channel: 'trades:BTC/USDT', epoch: 't1', prev: 700, seq: 701, lost: 0, items: [{ seq: 701, id: 'x', price: '1', size: '2', side: 'buy', t: 1_767_322_000_100 }], timestamp },
  { type: 'heartbeat', timestamp, pos: { market: { epoch: 'k3', seq: 18_262, sv: 4 } }, feeds: { binance: { state: 'live', age_ms: 120 } }, mode: 'live', feed_time: 1_767_322_000_100 }, { type: 'status', level: 'warn', code: 'feed_stale', source: 'okx', state: 'stale', since: timestamp, message: 'x', timestamp },
  { type: 'subscribed', id: 17, sv: 4, channels: [{ channel: 'market', epoch: 'k3', asof: 18_262, symbols: ['SOL/USDT'], data: { 'SOL/USDT': market } }], rejected: [{ channel: 'book:NOPE', code: 'unknown_channel' }] },
  { type: 'goaway', reason: 'deploy', retry_after_ms: 3_170, close_in_ms: 2_000 }, { type: 'error', id: 17, code: 'unknown_symbol', message: 'x', retryable: false, retry_after_ms: 0, timestamp }, { type: 'pong', id: 5, t: 123, timestamp },
  { type: 'receipt', channel: 'market', missed: 12, replayed: 12, lost: 0, how: 'delta', timestamp }, { type: 'test_response', message: 'x', timestamp },
].map((message) => JSON.stringify(message));

const FIXTURES: Readonly<Record<string, readonly string[]>> = {
  binance: ['binance/spot-btcusdt-20240808-excerpt.jsonl'], okx: ['okx/btc-usdt-20220513-excerpt.jsonl'], coinbase: ['coinbase/advanced-btc-eth-20260809-excerpt.jsonl', 'coinbase/exchange-5pairs-20210417-excerpt.jsonl'],
  kraken: ['kraken/v2-samples-2026.jsonl', 'kraken/v2-btcusd-depth25-20260826.jsonl'], finnhub: ['finnhub/frames.jsonl'], twelvedata: ['twelvedata/frames.jsonl'],
};

/** Recorded frames of each venue, those of a kind not repeated for ever. */
export function venueFrames(): Map<string, readonly string[]> {
  return new Map(Object.entries(FIXTURES).map(([venue, files]) => [venue, files.flatMap((file) => readRecordingLines(join(repoRoot, 'tests/fixtures', file)).flatMap(({ t, raw }) => (t === 'recv' ? [raw] : []))).slice(0, 400)]));
}
