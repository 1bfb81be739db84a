import type { App } from 'vue';
import type { Stores } from './handlers/stores';

/** Same words are logged once per this time, ms: a fault in a row component would otherwise fill the log. */
const REPEAT_MS = 10_000;

/** Sends every fault nobody caught to the activity log, where the user can read and copy it. */
export function reportErrors(app: App, { connection }: Pick<Stores, 'connection'>, window: Window): void {
  const told = new Map<string, number>();
  const report = (what: string, error: unknown): void => {
    const text = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    const now = Date.now();
    if (now - (told.get(text) ?? -Infinity) < REPEAT_MS) return;
    if (told.size > 100) told.clear();
    told.set(text, now);
    connection.log({ at: now, level: 'error', source: 'app', text });
  };
  app.config.errorHandler = (error, _instance, info) => report(`A part of the page failed (${info})`, error);
  window.addEventListener('error', (event) => report('The page failed', event.error ?? event.message));
  window.addEventListener('unhandledrejection', (event) => report('The page failed', event.reason));
}
