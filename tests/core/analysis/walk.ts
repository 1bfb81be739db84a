import type { Candle } from '@/core/market/outputs';
import { RandomStream } from '@/core/simulator/random';

/** A seeded walk by the minute with flat runs, gaps and minutes without trades. */
export function walk(seed: string, count: number, level = 100): Candle[] {
  const random = new RandomStream(seed);
  let close = level;
  return Array.from({ length: count }, (_, i) => {
    const flat = i % 97 > 75;
    const open = i % 131 === 130 ? close * 1.5 : close;
    close = flat ? open : open * (1 + 0.004 * (random.uniform() - 0.5));
    const [up, down] = flat ? [0, 0] : [random.uniform(), random.uniform()];
    return { openTime: i * 60_000, open, high: Math.max(open, close) * (1 + 0.001 * up), low: Math.min(open, close) * (1 - 0.001 * down), close, volume: flat ? 0 : random.uniform() * 5 };
  });
}
