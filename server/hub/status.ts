import type { StatusCode, StatusMessage } from '@/core/contract';
import type { EngineOutput, FeedStatusOutput } from '@/core/market/outputs';

const FEED_CODES: Readonly<Partial<Record<FeedStatusOutput['state'], [StatusCode, StatusMessage['level']]>>> = {
  live: ['feed_live', 'info'],
  stale: ['feed_stale', 'warn'],
  waiting: ['feed_down', 'warn'],
  unknown: ['feed_down', 'warn'],
  off: ['feed_down', 'info'],
  refused: ['feed_refused', 'error'],
  ended: ['replay_ended', 'info'],
};
/** Refusals that are everyday housekeeping and would only worry the reader. */
const QUIET = new Set(['duplicate', 'late_trade', 'unknown_symbol', 'unknown_type']);
/** Shortest time between two data_quality messages of one venue and symbol, ms. */
const QUALITY_EVERY_MS = 10_000;
const QUALITY_KEYS = 2_000;

const isoOf = (ms: number): { since?: string } => (Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? { since: new Date(ms).toISOString() } : {});

/** Turns engine outputs into the `status` messages users should see; null for everything else. */
export function createStatusWriter(): (output: EngineOutput, wall: number, monotonic: number) => StatusMessage | null {
  const told = new Map<string, number>();

  function quality(key: string, now: number): boolean {
    if (now - (told.get(key) ?? -Infinity) < QUALITY_EVERY_MS) return false;
    if (told.size >= QUALITY_KEYS) told.clear();
    told.set(key, now);
    return true;
  }

  return (output, wall, monotonic) => {
    const timestamp = new Date(wall).toISOString();
    switch (output.type) {
      case 'mode': {
        const level = output.mode === 'live' ? 'info' : 'warn';
        return { type: 'status', level, code: 'feed_mode', state: output.mode, mode: output.mode, ...isoOf(output.since), message: output.reason.slice(0, 512), timestamp };
      }
      case 'feedStatus': {
        const known = FEED_CODES[output.state];
        if (!known) return null;
        return { type: 'status', level: known[1], code: known[0], source: output.venue, state: output.state, ...isoOf(output.since), message: output.reason.slice(0, 512), timestamp };
      }
      case 'refused': {
        if (QUIET.has(output.code) || !quality(`${output.venue} ${output.symbol ?? ''}`, monotonic)) return null;
        const what = `${output.symbol ? `${output.symbol}: ` : ''}a value was refused (${output.code}); ${output.detail}`;
        return { type: 'status', level: 'warn', code: 'data_quality', source: output.venue, state: output.code, ...isoOf(output.time), message: what.slice(0, 512), timestamp };
      }
      default:
        return null;
    }
  };
}
