/** Minimal typed emitter. A listener that throws does not stop the later ones; its error goes to `onError`. */
export function createEmitter<E extends object>(onError: (error: unknown, event: keyof E) => void) {
  const listeners = new Map<keyof E, Set<(payload: never) => void>>();
  return {
    on<K extends keyof E>(event: K, listener: (payload: E[K]) => void): () => void {
      let set = listeners.get(event);
      if (!set) listeners.set(event, (set = new Set()));
      // A wrapper of its own, so that the same function may listen twice and each stop separately.
      const entry = (payload: E[K]): void => listener(payload);
      set.add(entry);
      return () => void set.delete(entry);
    },
    emit<K extends keyof E>(event: K, payload: E[K]): void {
      const set = listeners.get(event) as Set<(payload: E[K]) => void> | undefined;
      if (!set) return;
      for (const listener of [...set]) {
        try {
          listener(payload);
        } catch (error) {
          onError(error, event);
        }
      }
    },
  };
}
