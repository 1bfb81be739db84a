import { shallowRef, type ShallowRef } from 'vue';

/** Above this many refs a sweep throws all away. */
const SWEEP_ABOVE = 256;

/**
 * One version ref per key that somebody reads, made at the first read. Data that nobody looks at costs nothing reactive.
 * `sweep` forgets all refs and triggers each once: whoever still reads comes back by itself with a new ref, rows scrolled
 * away do not. That is safe without knowing scopes, because reads happen in render functions and computeds alike.
 */
export function createRowSignals() {
  let refs = new Map<string, ShallowRef<number>>();
  return {
    track(key: string): void {
      let signal = refs.get(key);
      if (!signal) refs.set(key, (signal = shallowRef(0)));
      void signal.value;
    },
    bump(key: string): void {
      const signal = refs.get(key);
      if (signal) signal.value++;
    },
    sweep(): void {
      if (refs.size <= SWEEP_ABOVE) return;
      const old = refs;
      refs = new Map();
      for (const signal of old.values()) signal.value++;
    },
    get size(): number {
      return refs.size;
    },
  };
}
export type RowSignals = ReturnType<typeof createRowSignals>;
