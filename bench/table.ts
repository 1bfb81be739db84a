import type { CDPSession, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { chromiumPath, launchBrowser, openPage } from '../tests/support/browser';
import { startServer } from '../tests/support/serverProcess';
import { waitFor } from '../tests/support/waitFor';
import { quantile, type Figure } from './figure';

const SECONDS = 10;
const INSTRUMENTS = 500;
/** The load named in the budget, changes per second at one client; the market interval is chosen to reach it. */
const ENV = {
  TICKGLASS_SIM_INSTRUMENTS: String(INSTRUMENTS), TICKGLASS_SIM_SPEED: '20', TICKGLASS_SIM_PROBE: 'on', TICKGLASS_MARKET_INTERVAL_MS: '50', TICKGLASS_DATA_DIR: ':memory:',
};

export const pause = (seconds: number): Promise<unknown> => {
  const until = performance.now() + seconds * 1000;
  return waitFor(() => performance.now() >= until, { timeoutMs: seconds * 1000 + 5_000 });
};

/** Changes per second that one plain client is sent: each is one message there. */
async function updateRate(url: string): Promise<number> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws/market/stream`);
  let count = 0;
  socket.on('message', (data: Buffer) => {
    if (data.includes('"market_update"')) count += 1;
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  await pause(2);
  count = 0;
  const started = performance.now();
  await pause(3);
  const rate = count / ((performance.now() - started) / 1000);
  socket.close();
  return rate;
}

interface Observed { readonly frames: number[]; readonly latencies: number[] }

/** Scrolls until the probe's row is drawn, so that its cell can be watched. */
async function showProbe(page: Page): Promise<void> {
  const link = page.getByRole('grid').getByRole('link', { name: 'PROBE/CLOCK' });
  await waitFor(async () => {
    if ((await link.count()) > 0) return true;
    await page.getByRole('grid').evaluate((grid) => {
      const atEnd = grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1;
      grid.scrollTop = atEnd ? 0 : grid.scrollTop + grid.clientHeight / 2;
    });
    return false;
  }, { timeoutMs: 20_000, message: 'the row of PROBE/CLOCK' });
}

/**
 * Watches frames and the probe for some seconds. The probe's price is the time it was made; it is read when its cell changes and
 * compared with the time of the first task after the paint of that frame.
 */
function observe(page: Page, seconds: number): Promise<Observed> {
  return page.evaluate((ms) => new Promise<Observed>((resolve) => {
    const row = [...document.querySelectorAll('[role="grid"] [role="row"]')].find((one) => one.textContent.includes('PROBE/CLOCK'));
    const cell = row?.querySelector('.price');
    const frames: number[] = [];
    const latencies: number[] = [];
    const channel = new MessageChannel();
    const made: number[] = [];
    channel.port1.onmessage = () => {
      const then = made.shift();
      if (then === undefined) return;
      const late = (((Date.now() % 1e7) - then) + 1e7) % 1e7;
      if (late < 60_000) latencies.push(late);
    };
    const observer = new MutationObserver(() => {
      made.push(Math.round(Number((cell?.textContent ?? '').replaceAll(/[^\d.]/g, '')) * 100));
      channel.port2.postMessage(0);
    });
    if (cell) observer.observe(cell, { subtree: true, characterData: true, childList: true });
    const started = performance.now();
    let last = started;
    const frame = (now: number): void => {
      frames.push(now - last);
      last = now;
      if (now - started < ms) return void requestAnimationFrame(frame);
      observer.disconnect();
      resolve({ frames: frames.slice(1), latencies });
    };
    requestAnimationFrame(frame);
  }), seconds * 1000);
}

/** Time the page's main thread has worked so far, s. */
export async function busySeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find((metric) => metric.name === 'TaskDuration')?.value ?? NaN;
}

/** /market with 500 instruments under load: frames, main-thread time, and how long a price takes from its making to the screen. */
export async function measureTable(): Promise<Figure[]> {
  if (chromiumPath === null) return [{ name: 'table', value: NaN, unit: '', budget: null, bound: 'at most', note: 'needs Chromium' }];
  const [browser, server] = await Promise.all([launchBrowser(), startServer({ env: ENV })]);
  try {
    const rate = await updateRate(server.url);
    const { page, context } = await openPage(browser, { viewport: { width: 1400, height: 900 } });
    await page.goto(`${server.url}/market`, { timeout: 90_000 });
    await page.getByRole('grid').getByRole('link').first().waitFor();
    // The transpiler of this script wraps named functions in a helper that pages do not have.
    await page.evaluate('globalThis.__name = (fn) => fn');
    await showProbe(page);
    await pause(4);
    const session = await context.newCDPSession(page);
    await session.send('Performance.enable');
    const [before, started] = [await busySeconds(session), performance.now()];
    const { frames, latencies } = await observe(page, SECONDS);
    const busy = (100 * ((await busySeconds(session)) - before)) / ((performance.now() - started) / 1000);
    const rows = await page.getByRole('grid').getByRole('row').count();
    const total = frames.reduce((sum, gap) => sum + gap, 0);
    const name = (text: string): string => `table: ${text}`;
    return [
      { name: name('changes per second at one client'), value: rate, unit: '/s', budget: null, bound: 'at least', note: `${INSTRUMENTS} instruments, ${rows} rows drawn, 1400 x 900` },
      { name: name('frames per second'), value: (frames.length / total) * 1000, unit: 'fps', budget: 58, bound: 'at least', note: `over ${SECONDS} s` },
      { name: name('frames longer than 50 ms'), value: frames.filter((gap) => gap > 50).length, unit: '', budget: 0, bound: 'at most', note: `longest ${Math.max(...frames).toFixed(0)} ms` },
      { name: name('main thread busy'), value: busy, unit: '%', budget: 30, bound: 'at most' },
      { name: name('price made to painted, median'), value: quantile(latencies, 0.5), unit: 'ms', budget: null, bound: 'at most', note: `${latencies.length} samples` },
      { name: name('price made to painted, p99'), value: quantile(latencies, 0.99), unit: 'ms', budget: 40, bound: 'at most' },
    ];
  } finally {
    await browser.close();
    await server.stop();
  }
}
