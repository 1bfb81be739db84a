import * as v from 'valibot';
import type { Client, FetchLike } from '@/service';
import { createAsk } from '@/service/ask';
import { HopTimes } from '@/service/hopTimes';
import type { useConnectionStore } from '@/stores/connection';
import { useSettingsStore } from '@/stores/settings';

/** Time between two figures for the eye, and between two reports, ms. */
const SHOW_EVERY_MS = 2_000;
const REPORT_EVERY_MS = 30_000;

/** Runs when the browser has painted the present frame: called inside it, the message stands behind the painting in the queue. */
function afterPaint(then: (at: number) => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    then(performance.now());
  };
  port2.postMessage(null);
}

/**
 * Times the way of the prices inside this browser. Only with the user's leave are the figures told to the server. The result is to be called
 * at each commit of the page.
 */
export function timePrices(client: Client, connection: ReturnType<typeof useConnectionStore>, get: FetchLike = (url, init) => fetch(url, init)): () => void {
  const settings = useSettingsStore();
  const times = new HopTimes(performance.timeOrigin, performance.now());
  const ask = createAsk(client.server, get);
  const market = client.streams.get('market');
  const hidden = (): boolean => document.visibilityState === 'hidden';
  if (market) market.ear = (text, at) => times.heard(text, at, hidden());
  document.addEventListener('visibilitychange', () => times.forget());

  setInterval(() => connection.setHops(times.view(performance.now())), SHOW_EVERY_MS);
  setInterval(() => {
    const report = times.report(performance.now());
    // A report that does not arrive is missed by nobody: the next one tells what came after.
    if (report && settings.reportTimes) void ask('POST', 'api/v1/client-metrics', v.null(), new AbortController().signal, { body: report });
  }, REPORT_EVERY_MS);
  return () => {
    const painted = times.committed(performance.now());
    if (painted) afterPaint(painted);
  };
}
