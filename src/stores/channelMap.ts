import { createRowSignals } from './rowSignals';

/**
 * Plain state per channel, changed in place as messages come and shown at the next flush. Readers are subscribed to their channel
 * only. Channels beyond `limit` are forgotten, the longest untouched first: nobody looks at so many at once.
 */
export function createChannelMap<T>(create: (channel: string) => T, limit = 64) {
  const states = new Map<string, T>();
  const dirty = new Set<string>();
  const signals = createRowSignals();
  return {
    /** Reactive read; null while nothing was heard of the channel. */
    read(channel: string): T | null {
      signals.track(channel);
      return states.get(channel) ?? null;
    },
    /** State to write to. */
    write(channel: string): T {
      const state = states.get(channel) ?? create(channel);
      states.delete(channel);
      states.set(channel, state);
      dirty.add(channel);
      for (const oldest of states.keys()) {
        if (states.size <= limit) break;
        states.delete(oldest);
        dirty.add(oldest);
      }
      return state;
    },
    flush(): void {
      for (const channel of dirty) signals.bump(channel);
      dirty.clear();
      signals.sweep();
    },
  };
}
