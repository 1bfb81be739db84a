import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { chromiumPath, launchBrowser, openPage } from '../tests/support/browser';
import { quantile, type Figure } from './figure';
import { buildPeerPages } from './peers/browser/build';
import { over, pause, prepare, watch, type Watched } from './watch';

const VIEWPORT = { width: 1400, height: 900 };
const ROUNDS = 3;
const WARM_SECONDS = 2;
const SECONDS = 4;
/** How much slower the processor of the third load is. */
const SLOWER = 4;

/** What is fed: so many instruments, changed in turn so often in all, pushed at this interval. */
interface Load { readonly instruments: number; readonly perSecond: number; readonly intervalMs: number }
const MAIN: Load = { instruments: 500, perSecond: 10_000, intervalMs: 50 };
const MANY: Load = { instruments: 2_000, perSecond: 100_000, intervalMs: 20 };
const SLOW: Load = { instruments: 200, perSecond: 1_000, intervalMs: 50 };

interface Contender { readonly path: string; /** Row whose changes are timed. */ readonly row: string }
const PRODUCT: Contender = { path: '/market', row: '[role="grid"] .canvas [role="row"]' };
const AG_GRID: Contender = { path: '/peers/agGrid.html', row: '.ag-row[row-index="0"]' };
/** Shows every push, as the product does: with its own 50 ms it gathers two of them. */
const AG_GRID_EACH: Contender = { ...AG_GRID, path: `${AG_GRID.path}?wait=20` };
const PINIA: Contender = { path: '/peers/piniaTable.html', row: 'tbody tr' };

interface Feed { readonly url: string; end(): Promise<void> }

async function startFeed({ instruments, perSecond, intervalMs }: Load, pages: string): Promise<Feed> {
  const child: ChildProcess = fork(fileURLToPath(new URL('./quoteFeed.ts', import.meta.url)), [instruments, perSecond, intervalMs, pages].map(String));
  const [message] = (await once(child, 'message')) as [{ readonly port?: number; readonly failed?: string }];
  if (message.port === undefined) throw new Error(message.failed ?? 'the feed did not start');
  return {
    url: `http://127.0.0.1:${message.port}`,
    end: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** One contender for a few seconds, in a browser profile of its own. `slower` = so many times slower a processor. */
async function round(browser: Browser, { url }: Feed, { path, row }: Contender, slower = 1): Promise<Watched> {
  const { page, context, close } = await openPage(browser, { viewport: VIEWPORT });
  try {
    await prepare(page);
    await page.goto(`${url}${path}`, { timeout: 90_000 });
    await page.locator(row).first().waitFor();
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: slower });
    await pause(WARM_SECONDS);
    return await watch(page, session, SECONDS, row);
  } finally {
    await close();
  }
}

interface Rounds { readonly product: Watched[]; readonly grid: Watched[]; readonly gridEach: Watched[] }

/** Product and peers in turn on one feed, so that all have the same minutes of the machine. */
async function rounds(browser: Browser, feed: Feed, hasGrid: boolean): Promise<Rounds> {
  const all: Rounds = { product: [], grid: [], gridEach: [] };
  for (let i = 0; i < ROUNDS; i++) {
    all.product.push(await round(browser, feed, PRODUCT));
    if (!hasGrid) continue;
    all.grid.push(await round(browser, feed, AG_GRID));
    all.gridEach.push(await round(browser, feed, AG_GRID_EACH));
  }
  return all;
}

const words = ({ instruments, perSecond }: Load): string => `table, ${instruments} instruments, ${perSecond / 1_000} k/s`;
const delays = (all: readonly Watched[]): number[] => all.flatMap(({ toPaintMs }) => [...toPaintMs]);

/** The main load: product, AG Grid and the naive table on the same feed. */
async function measureMain(browser: Browser, pages: string, hasGrid: boolean): Promise<Figure[]> {
  const feed = await startFeed(MAIN, pages);
  try {
    const { product, grid, gridEach } = await rounds(browser, feed, hasGrid);
    const naive = await round(browser, feed, PINIA);
    const name = (text: string): string => `${words(MAIN)}: ${text}`;
    const beside = (name: string, rounds: readonly Watched[]) => (value: (one: Watched) => number): NonNullable<Figure['peer']> => ({ name, value: hasGrid ? over(rounds, value).value : NaN });
    const [peer, each] = [beside('AG Grid', grid), beside('AG Grid, every push', gridEach)];
    const [latencies, gridLatencies] = [delays(product), delays(grid)];
    const longest = Math.max(...product.map(({ longestMs }) => longestMs));
    return [
      { name: name('changes at the page'), ...over(product, (one) => one.changesPerSecond), unit: '/s', budget: MAIN.perSecond * 0.98, bound: 'at least', note: `pushed every ${MAIN.intervalMs} ms; ${ROUNDS} rounds of ${SECONDS} s` },
      { name: name('frames per second'), ...over(product, ({ fps }) => fps), unit: 'fps', budget: 58, bound: 'at least' },
      { name: name('frames longer than 50 ms'), value: product.reduce((sum, { longFrames }) => sum + longFrames, 0), unit: '', budget: 0, bound: 'at most', note: `longest ${longest.toFixed(0)} ms` },
      { name: name('main thread busy'), ...over(product, ({ busy }) => busy), unit: '%', budget: 30, bound: 'at most' },
      { name: name('main thread busy, compared'), ...over(product, ({ busy }) => busy), unit: '%', peer: peer(({ busy }) => busy), budget: 1, bound: 'at most' },
      { name: name('main thread busy, both showing every push'), ...over(product, ({ busy }) => busy), unit: '%', peer: each(({ busy }) => busy), budget: 1, bound: 'at most', note: `${each(({ redraws }) => redraws).value.toFixed(1)} redraws a second in AG Grid then` },
      { name: name('redraws of a row'), ...over(product, ({ redraws }) => redraws), unit: '/s', peer: peer(({ redraws }) => redraws), budget: null, bound: 'at least', note: `the feed changes each ${MAIN.perSecond / MAIN.instruments} times a second` },
      { name: name('message made to painted, median'), value: quantile(latencies, 0.5), unit: 'ms', peer: { name: 'AG Grid', value: quantile(gridLatencies, 0.5) }, budget: null, bound: 'at most', note: `${latencies.length} messages` },
      { name: name('message made to painted, p99'), value: quantile(latencies, 0.99), unit: 'ms', budget: 40, bound: 'at most' },
      { name: name('heap'), ...over(product, ({ heapMb }) => heapMb), unit: 'MB', peer: peer(({ heapMb }) => heapMb), budget: null, bound: 'at most', note: 'the whole product beside a page with a grid alone' },
      { name: name('naive deep Pinia table'), value: naive.fps, unit: 'fps', budget: null, bound: 'at least', note: `busy ${naive.busy.toFixed(0)} %, message to paint ${quantile(naive.toPaintMs, 0.5).toFixed(0)} ms; no budget: what the shape of the store is for` },
    ];
  } finally {
    await feed.end();
  }
}

async function measureAlone(browser: Browser, load: Load, pages: string, slower: number): Promise<Watched> {
  const feed = await startFeed(load, pages);
  try {
    return await round(browser, feed, PRODUCT, slower);
  } finally {
    await feed.end();
  }
}

/** /market under load: frames, main-thread time, and how long a message takes from its making to the screen. */
export async function measureTable(): Promise<Figure[]> {
  if (chromiumPath === null) return [{ name: 'table', value: NaN, unit: '', budget: null, bound: 'at most', note: 'needs Chromium' }];
  const pages = mkdtempSync(join(tmpdir(), 'tickglass-peers-'));
  const [browser, hasGrid] = await Promise.all([launchBrowser(), buildPeerPages(pages)]);
  try {
    const main = await measureMain(browser, pages, hasGrid);
    const many = await measureAlone(browser, MANY, pages, 1);
    const slow = await measureAlone(browser, SLOW, pages, SLOWER);
    return [
      ...main,
      { name: `${words(MANY)}: changes at the page`, value: many.changesPerSecond, unit: '/s', budget: MANY.perSecond * 0.98, bound: 'at least', note: `pushed every ${MANY.intervalMs} ms` },
      { name: `${words(MANY)}: frames per second`, value: many.fps, unit: 'fps', budget: 55, bound: 'at least', note: `message to paint p99 ${quantile(many.toPaintMs, 0.99).toFixed(0)} ms` },
      { name: `${words(MANY)}: main thread busy`, value: many.busy, unit: '%', budget: 70, bound: 'at most' },
      { name: `${words(SLOW)}, processor ${SLOWER} times slower: frames per second`, value: slow.fps, unit: 'fps', budget: 50, bound: 'at least', note: `busy ${slow.busy.toFixed(0)} %` },
    ];
  } finally {
    await browser.close();
    rmSync(pages, { recursive: true, force: true });
  }
}
