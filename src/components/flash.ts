import { onScopeDispose, readonly, ref, watch, type Ref } from 'vue';

/** A mark goes between 200 and 300 ms after the last change: never later. */
export const FLASH_QUIET_MS = 200;
export const FLASH_SWEEP_MS = 100;

interface Mark { until: number; on: Ref<boolean> }

// One timer for every row of the page: a timer per row costs more than the rows themselves. It runs only while something is marked.
const marked = new Set<Mark>();
let timer: ReturnType<typeof setInterval> | null = null;

function sweep(): void {
  const now = performance.now();
  for (const mark of marked) {
    if (mark.until > now) continue;
    mark.on.value = false;
    marked.delete(mark);
  }
  if (marked.size === 0 && timer !== null) {
    clearInterval(timer);
    timer = null;
  }
}

/** true for a moment after `changedAt` moved: the time in which changed digits are tinted. */
export function useFlash(changedAt: () => number | undefined): Readonly<Ref<boolean>> {
  const mark: Mark = { until: 0, on: ref(false) };
  watch(changedAt, (now, before) => {
    // A row that gets its first value, or another symbol's, did not move.
    if (now === undefined || before === undefined) return;
    mark.until = performance.now() + FLASH_QUIET_MS;
    mark.on.value = true;
    marked.add(mark);
    timer ??= setInterval(sweep, FLASH_SWEEP_MS);
  });
  onScopeDispose(() => marked.delete(mark));
  return readonly(mark.on);
}
