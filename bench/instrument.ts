import { chromiumPath, launchBrowser, openPage } from '../tests/support/browser';
import { startServer } from '../tests/support/serverProcess';
import { sharedPath } from '../tests/support/shared';
import type { Page } from 'playwright-core';
import { quantile, type Figure } from './figure';
import { busySeconds, pause } from './table';

const RECORDING = 'recordings/binance/spot-btcusdt-20240808T2354.jsonl.gz';
const SECONDS = 15;

/** Gaps between frames of a page over some seconds, ms. */
function frameGaps(page: Awaited<ReturnType<typeof openPage>>['page'], seconds: number): Promise<number[]> {
  return page.evaluate((ms) => new Promise<number[]>((resolve) => {
    const gaps: number[] = [];
    const started = performance.now();
    let last = started;
    const frame = (now: number): void => {
      gaps.push(now - last);
      last = now;
      if (now - started < ms) requestAnimationFrame(frame);
      else resolve(gaps.slice(1));
    };
    requestAnimationFrame(frame);
  }), seconds * 1000);
}

/** Clicks on an instrument of /market whose code and candles were seen before; ms from each click to the painted price, and to the painted candles. */
async function clicks(page: Page, url: string, times: number): Promise<{ readonly price: number[]; readonly candles: number[] }> {
  const [price, candles]: [number[], number[]] = [[], []];
  for (let i = 0; i <= times; i++) {
    await page.goto(`${url}/market`);
    const link = page.getByRole('grid').getByRole('link', { name: 'BTC/USDT', exact: true });
    await link.waitFor();
    await pause(1);
    await page.evaluate('globalThis.__name = (fn) => fn');
    const seen = page.evaluate(() => new Promise<[number, number]>((resolve) => {
      let [from, head] = [0, 0];
      document.addEventListener('click', () => (from = performance.now()), { capture: true, once: true });
      const look = (now: number): void => {
        if (from > 0 && head === 0 && /\d/.test(document.querySelector('.instrument .price')?.textContent ?? '')) head = now;
        if (head > 0 && /O[\d.,]+/.test(document.querySelector('.legend')?.textContent ?? '')) return resolve([head - from, now - from]);
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }));
    await link.click();
    const [toPrice, toCandles] = await seen;
    // The first one fills the caches.
    if (i > 0) {
      price.push(toPrice);
      candles.push(toCandles);
    }
  }
  return { price, candles };
}

/** /market/BTC/USDT while a recording of Binance is replayed as fast as it was recorded: chart, ladder, depth, tape and table together. */
export async function measureInstrument(): Promise<Figure[]> {
  const file = sharedPath(RECORDING);
  if (chromiumPath === null || file === null) return [{ name: 'instrument', value: NaN, unit: '', budget: null, bound: 'at most', note: chromiumPath === null ? 'needs Chromium' : `needs ${RECORDING}` }];
  const [browser, server] = await Promise.all([launchBrowser(), startServer({ env: { TICKGLASS_FEED: 'replay', TICKGLASS_REPLAY_FILE: file, TICKGLASS_REPLAY_SPEED: '1', TICKGLASS_DATA_DIR: ':memory:' } })]);
  try {
    const { page, context } = await openPage(browser, { viewport: { width: 1400, height: 900 } });
    await page.goto(`${server.url}/market/${encodeURIComponent('BTC/USDT')}`, { timeout: 90_000 });
    await page.getByRole('table', { name: 'Order book' }).waitFor();
    await page.evaluate('globalThis.__name = (fn) => fn');
    await pause(4);
    const session = await context.newCDPSession(page);
    await session.send('Performance.enable');
    const [before, started] = [await busySeconds(session), performance.now()];
    const gaps = await frameGaps(page, SECONDS);
    const busy = (100 * ((await busySeconds(session)) - before)) / ((performance.now() - started) / 1000);
    const panels = await Promise.all(['.book', '.tape', '.depth', '.chart'].map(async (name) => ((await page.locator(name).count()) > 0 ? [name.slice(1)] : [])));
    const name = (text: string): string => `instrument: ${text}`;
    const { price, candles } = await clicks(page, server.url, 7);
    return [
      { name: name('main thread busy'), value: busy, unit: '%', budget: 40, bound: 'at most', note: `table and ${panels.flat().join(', ')}; recording at 1x, 1400 x 900` },
      { name: name('frames longer than 50 ms'), value: gaps.filter((gap) => gap > 50).length, unit: '', budget: 0, bound: 'at most', note: `longest ${Math.max(...gaps).toFixed(0)} ms, over ${SECONDS} s` },
      { name: name('click to the price, warm, median'), value: quantile(price, 0.5), unit: 'ms', budget: 150, bound: 'at most', note: price.map((ms) => ms.toFixed(0)).join(' ') },
      { name: name('click to the candles, warm, median'), value: quantile(candles, 0.5), unit: 'ms', budget: null, bound: 'at most', note: candles.map((ms) => ms.toFixed(0)).join(' ') },
      { name: name('frames per second'), value: (gaps.length / gaps.reduce((sum, gap) => sum + gap, 0)) * 1000, unit: 'fps', budget: null, bound: 'at least' },
    ];
  } finally {
    await browser.close();
    await server.stop();
  }
}
