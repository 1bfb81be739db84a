import type { Clock, Environment, EnvironmentEvent, Timers } from './types';

export const systemClock: Clock = { mono: () => performance.now(), wall: () => Date.now() };

export const systemTimers: Timers = {
  set: (fn, ms) => setTimeout(fn, ms),
  clear: (id) => {
    if (id !== null) clearTimeout(id);
  },
};

/** Node and workers: always online, never asleep. */
export const noEnvironment: Environment = { online: () => true, listen: () => () => undefined };

/** The page: network events, and each moment it leaves or comes back to the user (tab shown, frozen, back-forward cache). */
export function pageEnvironment(window: Window): Environment {
  const { document, navigator } = window;
  return {
    online: () => navigator.onLine,
    listen(on) {
      const stop = new AbortController();
      const hear = (target: EventTarget | undefined, type: string, tell: EnvironmentEvent, when: (event: Event) => boolean = () => true): void => {
        target?.addEventListener(type, (event) => {
          if (when(event)) on(tell);
        }, { signal: stop.signal });
      };
      hear(window, 'online', 'online');
      hear(window, 'offline', 'offline');
      hear(window, 'pageshow', 'wake', (event) => (event as PageTransitionEvent).persisted);
      hear(window, 'pagehide', 'sleep');
      hear(document, 'freeze', 'sleep');
      hear(document, 'resume', 'wake');
      hear(document, 'visibilitychange', 'wake', () => document.visibilityState === 'visible');
      // Not in every browser, and its event also comes when only the estimate of the speed changed.
      hear((navigator as { readonly connection?: EventTarget }).connection, 'change', 'network');
      return () => stop.abort();
    },
  };
}

/** true when the address is on this machine: then a device without network can still reach it. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
