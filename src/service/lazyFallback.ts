import type { InitialData } from '@/core/contract';
import type { FetchLike, TimerId, Timers } from './types';

/** The socket may be down this long before requests begin, and this long passes before their code is asked for again, ms. */
const AFTER_MS = 3_000;

export interface FallbackOptions {
  /** Address of `GET /api/v1/snapshot?channel=…`. */
  readonly url: string;
  readonly fetch: FetchLike;
  readonly timers: Timers;
  readonly random: () => number;
  /** A snapshot of the channel, with the position from which a later socket resumes. */
  readonly snapshot: (message: InitialData) => void;
  /** Whether values arrive this way at the moment. */
  readonly active: (on: boolean) => void;
}

/** Stands in for a socket while it is down. */
export interface Fallback {
  /** The socket is down. */
  start(): void;
  /** The socket is up again, or nobody wants data. */
  stop(): void;
}

/** Plain requests while the socket is down; their code is fetched when it is first needed, as it helps only where a request comes through. */
export function lazyFallback(options: FallbackOptions): Fallback {
  const { timers } = options;
  let wanted = false;
  let timer: TimerId | null = null;
  let made: Fallback | null = null;

  async function begin(): Promise<void> {
    try {
      const { RestFallback } = await import('./restFallback');
      made ??= new RestFallback(options);
      if (wanted) made.start();
    } catch {
      // What could not be fetched now is asked for again, as the snapshots themselves would be.
      if (wanted) timer = timers.set(() => void begin(), AFTER_MS);
    }
  }
  return {
    start() {
      if (wanted) return;
      wanted = true;
      timer = timers.set(() => void begin(), AFTER_MS);
    },
    stop() {
      wanted = false;
      timers.clear(timer);
      made?.stop();
    },
  };
}
