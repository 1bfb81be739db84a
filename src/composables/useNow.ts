import { onScopeDispose, readonly, shallowRef, type Ref } from 'vue';

/** The two clocks of a page. `mono` is what ages are measured with; `wall` is only shown. */
export interface Now {
  /** Monotonic ms, the same clock as `receivedAt`. */
  readonly mono: number;
  /** ms since the Unix epoch. */
  readonly wall: number;
}

const now = shallowRef<Now>({ mono: performance.now(), wall: Date.now() });
let users = 0;
let timer: ReturnType<typeof setInterval> | null = null;

function step(): void {
  now.value = { mono: performance.now(), wall: Date.now() };
}

/** One shared clock that steps once a second while anybody uses it: never a timer per row. */
export function useNow(): Readonly<Ref<Now>> {
  if (++users === 1) {
    step();
    timer = setInterval(step, 1_000);
  }
  onScopeDispose(() => {
    if (--users > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  });
  return readonly(now);
}
