import { chromiumPath, launchBrowser, openPage } from '../tests/support/browser';
import { sharedPath } from '../tests/support/shared';
import { startServer } from '../tests/support/serverProcess';
import type { Figure } from './figure';
import { pause, prepare, watch } from './watch';

const RECORDING = 'recordings/binance/spot-btcusdt-20240808T2354.jsonl.gz';
const SECONDS = 15;
const VIEWPORT = { width: 1400, height: 900 };
/** Price in the head of an instrument's page. */
export const HEAD_PRICE = '.instrument .price';

export interface Market { readonly env: Readonly<Record<string, string>>; readonly words: string }

/** A recording of Binance as fast as it was recorded; the simulator where there is none. */
export function market(): Market {
  const file = sharedPath(RECORDING);
  const own = { TICKGLASS_DATA_DIR: ':memory:' };
  return file === null
    ? { env: own, words: `the simulator; ${RECORDING} is not there` }
    : { env: { ...own, TICKGLASS_FEED: 'replay', TICKGLASS_REPLAY_FILE: file, TICKGLASS_REPLAY_SPEED: '1' }, words: 'a recording of Binance at 1x' };
}

/** The page of BTC/USDT with everything on it: chart, ladder, depth, tape and table together. */
export async function measureLadder(): Promise<Figure[]> {
  if (chromiumPath === null) return [{ name: 'ladder', value: NaN, unit: '', budget: null, bound: 'at most', note: 'needs Chromium' }];
  const { env, words } = market();
  const [browser, server] = await Promise.all([launchBrowser(), startServer({ env })]);
  try {
    const { page, context } = await openPage(browser, { viewport: VIEWPORT });
    await prepare(page);
    await page.goto(`${server.url}/market/${encodeURIComponent('BTC/USDT')}`, { timeout: 90_000 });
    await page.getByRole('table', { name: 'Order book' }).waitFor();
    await pause(4);
    const { busy, longFrames, longestMs, fps, heapMb } = await watch(page, await context.newCDPSession(page), SECONDS, HEAD_PRICE);
    const shown = await Promise.all(['.book', '.tape', '.depth', '.chart'].map(async (name) => ((await page.locator(name).count()) > 0 ? [name.slice(1)] : [])));
    const name = (text: string): string => `ladder: ${text}`;
    return [
      { name: name('main thread busy'), value: busy, unit: '%', budget: 40, bound: 'at most', note: `table, ${shown.flat().join(', ')}; ${words}` },
      { name: name('frames longer than 50 ms'), value: longFrames, unit: '', budget: 0, bound: 'at most', note: `longest ${longestMs.toFixed(0)} ms, over ${SECONDS} s` },
      { name: name('frames per second'), value: fps, unit: 'fps', budget: null, bound: 'at least' },
      { name: name('heap'), value: heapMb, unit: 'MB', budget: null, bound: 'at most' },
    ];
  } finally {
    await browser.close();
    await server.stop();
  }
}
