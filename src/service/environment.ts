import type { Clock, Environment, Timers } from './types';

export const systemClock: Clock = { mono: () => performance.now(), wall: () => Date.now() };

export const systemTimers: Timers = {
  set: (fn, ms) => setTimeout(fn, ms),
  clear: (id) => {
    if (id !== null) clearTimeout(id);
  },
};

/** Node and workers: always online, never asleep. */
export const noEnvironment: Environment = { online: () => true, listen: () => () => undefined };

/** The page: network events, and each moment it comes back to the user (tab shown, restored from the back-forward cache). */
export function pageEnvironment(window: Window): Environment {
  return {
    online: () => window.navigator.onLine,
    listen(on) {
      const online = (): void => on('online');
      const offline = (): void => on('offline');
      const visible = (): void => {
        if (window.document.visibilityState === 'visible') on('wake');
      };
      const restored = (event: PageTransitionEvent): void => {
        if (event.persisted) on('wake');
      };
      window.addEventListener('online', online);
      window.addEventListener('offline', offline);
      window.addEventListener('pageshow', restored);
      window.document.addEventListener('visibilitychange', visible);
      return () => {
        window.removeEventListener('online', online);
        window.removeEventListener('offline', offline);
        window.removeEventListener('pageshow', restored);
        window.document.removeEventListener('visibilitychange', visible);
      };
    },
  };
}

/** true when the address is on this machine: then a device without network can still reach it. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
