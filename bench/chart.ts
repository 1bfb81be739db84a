import type { Page } from 'playwright-core';
import { chromiumPath, launchBrowser, openPage } from '../tests/support/browser';
import { startServer } from '../tests/support/serverProcess';
import { quantile, type Figure } from './figure';
import { HEAD_PRICE, market } from './ladder';
import { pause, prepare, watch } from './watch';

const SECONDS = 10;
/** Below the width at which the table stands beside: what is left is the chart, and the bars every page has. */
const VIEWPORT = { width: 1100, height: 800 };
const CLICKS = 7;
const SYMBOL = 'BTC/USDT';

interface Click { readonly toPrice: number; readonly toCandles: number }

/** Clicks on the instrument in /market; ms until its price was painted, and its candles. */
async function click(page: Page, url: string): Promise<Click> {
  await page.goto(`${url}/market`);
  const link = page.getByRole('grid').getByRole('link', { name: SYMBOL, exact: true });
  await link.waitFor();
  await pause(1);
  const seen = page.evaluate((price) => new Promise<Click>((resolve) => {
    let [from, head] = [0, 0];
    document.addEventListener('click', () => (from = performance.now()), { capture: true, once: true });
    const look = (now: number): number => {
      if (from > 0 && head === 0 && /\d/.test(document.querySelector(price)?.textContent ?? '')) head = now;
      const drawn = document.querySelector('.chart__canvas canvas') !== null && document.querySelector('.chart__state') === null;
      // What the library was told in this frame it draws in the next one.
      if (head > 0 && drawn) return requestAnimationFrame((painted) => resolve({ toPrice: head - from, toCandles: painted - from }));
      return requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }), HEAD_PRICE);
  await link.click();
  return seen;
}

/** The chart alone while its last candle changes up to ten times a second, and how soon it is there after a click. */
export async function measureChart(): Promise<Figure[]> {
  if (chromiumPath === null) return [{ name: 'chart', value: NaN, unit: '', budget: null, bound: 'at most', note: 'needs Chromium' }];
  const { env, words } = market();
  const [browser, server] = await Promise.all([launchBrowser(), startServer({ env })]);
  try {
    const { page, context } = await openPage(browser, { viewport: VIEWPORT });
    await prepare(page);
    await page.goto(`${server.url}/market/${encodeURIComponent(SYMBOL)}?panel=chart`, { timeout: 90_000 });
    await page.locator('.legend').first().waitFor();
    await pause(4);
    const { busy, heapMb, longFrames } = await watch(page, await context.newCDPSession(page), SECONDS, HEAD_PRICE);
    // The first one fills the caches.
    await click(page, server.url);
    const clicks: Click[] = [];
    for (let i = 0; i < CLICKS; i++) clicks.push(await click(page, server.url));
    const [price, candles] = [clicks.map((one) => one.toPrice), clicks.map((one) => one.toCandles)];
    const all = (values: readonly number[]): string => values.map((ms) => ms.toFixed(0)).join(' ');
    return [
      { name: 'chart: main thread busy', value: busy, unit: '%', budget: 10, bound: 'at most', note: `its last candle is live; ${words}; ${longFrames} frames longer than 50 ms` },
      { name: 'chart: click to the price, warm, median', value: quantile(price, 0.5), unit: 'ms', budget: 150, bound: 'at most', note: all(price) },
      { name: 'chart: click to the candles, warm, median', value: quantile(candles, 0.5), unit: 'ms', budget: null, bound: 'at most', note: all(candles) },
      { name: 'chart: heap', value: heapMb, unit: 'MB', budget: 25, bound: 'at most' },
    ];
  } finally {
    await browser.close();
    await server.stop();
  }
}
