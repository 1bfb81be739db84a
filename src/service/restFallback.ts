import { decodeServer, TIMINGS, type InitialData } from '@/core/contract';
import { backoffDelay } from '@/core/util/backoff';
import type { FallbackOptions } from './lazyFallback';
import type { TimerId } from './types';

/** Time between two requests, ms. */
const EVERY_MS = 5_000;
const TIMEOUT_MS = 4_000;
const CAP_MS = 60_000;

/** Stands in for a socket that is down: asks for the whole channel every few seconds, less often while that fails too. */
export class RestFallback {
  private timer: TimerId | null = null;
  private running = false;
  private failures = 0;
  private abort: AbortController | null = null;

  constructor(private readonly options: FallbackOptions) {}

  /** The socket is down: asks at once. */
  start(): void {
    if (this.running) return;
    this.running = true;
    this.failures = 0;
    void this.poll();
  }

  /** The socket is up again, or nobody wants data. */
  stop(): void {
    if (!this.running) return;
    this.running = false;
    this.options.timers.clear(this.timer);
    this.abort?.abort();
    this.abort = null;
    this.options.active(false);
  }

  private plan(ms: number): void {
    this.timer = this.options.timers.set(() => void this.poll(), ms);
  }

  private async poll(): Promise<void> {
    const message = await this.ask();
    if (!this.running) return;
    if (message) {
      this.failures = 0;
      this.options.active(true);
      this.options.snapshot(message);
      return this.plan(EVERY_MS);
    }
    this.failures++;
    this.options.active(false);
    this.plan(EVERY_MS + backoffDelay(this.failures, this.options.random(), { firstMs: EVERY_MS, baseMs: TIMINGS.backoffBaseMs, capMs: CAP_MS }));
  }

  /** null = no answer or not one that can be used; the next poll says more. */
  private async ask(): Promise<InitialData | null> {
    const { fetch, timers, url } = this.options;
    const abort = (this.abort = new AbortController());
    const timeout = timers.set(() => abort.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(url, { signal: abort.signal, headers: { accept: 'application/json' } });
      if (!response.ok) return null;
      const decoded = decodeServer(JSON.stringify(await response.json()));
      return decoded.ok && 'type' in decoded.value && decoded.value.type === 'initial_data' ? decoded.value : null;
    } catch {
      // Unreachable, aborted or not JSON: all the same here, the socket's state already says that the server is away.
      return null;
    } finally {
      timers.clear(timeout);
    }
  }
}
