import { describe, expect, it } from 'vitest';
import { watchEventLoop } from '../../../server/observability/loopDelay';
import { createMetrics } from '../../../server/observability/metrics';
import { waitFor } from '../../support/waitFor';

/** Holds the event loop for this long. */
function hold(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) Math.sqrt(until);
}

describe('delay of the event loop', () => {
  it('tells a held-up turn in the histogram and in the quantiles', async () => {
    const metrics = createMetrics();
    const stop = watchEventLoop(metrics);
    try {
      const longest = async (): Promise<number> => Number(/quantile_seconds\{quantile="1"\} (\S+)/.exec(await metrics.registry.metrics())?.[1] ?? 0);
      // The first look after a reading only begins the next stretch: it is held up until one falls whole into it.
      await waitFor(async () => {
        hold(200);
        return (await longest()) >= 0.15;
      }, { message: () => 'the quantile tells 200 ms' });
      const slow = /delay_seconds_bucket\{le="0.1"\} (\d+)[\s\S]*delay_seconds_count (\d+)/.exec(await metrics.registry.metrics());
      expect(Number(slow?.[2])).toBeGreaterThan(Number(slow?.[1]));
    } finally {
      stop();
    }
  });
});
