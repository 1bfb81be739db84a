import { BinaryData, MARKET_WIDE_KEY, type MoodPoint } from '@/core/contract';
import * as v from 'valibot';
import type { Bus } from '../bus/bus';

/** More than eight hours at two a minute; as many as the page keeps. */
const MOST = 1_000;

/** Keeps what was told of the whole watch list, oldest first, so that a page that opens later has its line too. Another kind of data begins a new one. Lives as long as the bus. */
export function keepMood(bus: Pick<Bus, 'subscribe'>): () => readonly MoodPoint[] {
  let points: MoodPoint[] = [];
  bus.subscribe((message) => {
    if (message.type === 'output' || message.channel !== 'binary') return;
    if (message.type === 'reset') points = [];
    if (message.type !== 'keyed') return;
    for (const { key, value } of message.changes) {
      const read = key === MARKET_WIDE_KEY ? v.safeParse(BinaryData, value) : null;
      if (!read?.success) continue;
      const { ts, mood, breadth } = read.output;
      // Told again within the same moment: the later word counts.
      if (points.at(-1)?.[0] === ts) points.pop();
      points.push([ts, mood, breadth?.net ?? null]);
      if (points.length > MOST) points.shift();
    }
  });
  return () => points;
}
