import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge } from 'prom-client';
import type { Metrics } from './metrics';

/** A timer this often tells how late timers come, ms. */
const TIMER_MS = 100;
/** Node itself looks this often, ms; the delay is what comes on top of it. */
const RESOLUTION_MS = 10;
const QUANTILES = [50, 90, 99, 100] as const;

/** How late the event loop is: a histogram of what a timer sees, and quantiles of Node's own finer measure since they were last read. Gives the end of it. */
export function watchEventLoop(metrics: Metrics): () => void {
  let due = performance.now() + TIMER_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    metrics.eventLoopDelay.observe(Math.max(0, now - due) / 1000);
    due = now + TIMER_MS;
  }, TIMER_MS).unref();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  new Gauge({
    name: 'tickglass_event_loop_delay_quantile_seconds', help: 'Delay of the event loop since the last reading of this metric, by quantile; 1 is the longest', labelNames: ['quantile'], registers: [metrics.registry],
    collect() {
      if (delay.count === 0) return;
      for (const quantile of QUANTILES) this.set({ quantile: String(quantile / 100) }, Math.max(0, delay.percentile(quantile) / 1e9 - RESOLUTION_MS / 1e3));
      delay.reset();
    },
  });
  return () => {
    clearInterval(timer);
    delay.disable();
  };
}
