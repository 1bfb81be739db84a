import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations, chromiumPath, launchBrowser, openPage, type OpenedPage } from '../support/browser';
import { FakeVenue } from '../support/fakeVenue';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';
import { Shell } from './pages';

type Levels = [price: string, size: string][];
const price = (ticks: number): string => (ticks / 100).toFixed(2);
/** Levels of one tick each, from the best outwards; their sizes tell which they are. */
const levels = (best: number, sign: 1 | -1, count = 30): Levels => Array.from({ length: count }, (_, i) => [price(best + sign * i), String(1 + i)]);

describe.skipIf(!chromiumPath)('order book and trades on the page, from a venue that misbehaves (needs Chromium)', () => {
  let browser: Browser;
  let venue: FakeVenue;
  let server: ServerProcess;
  let opened: OpenedPage;
  let shell: Shell;
  /** Newest update of the book. */
  let update = 100;

  beforeAll(async () => {
    venue = await FakeVenue.start();
    venue.book = { lastUpdateId: update, bids: levels(9_999, -1), asks: levels(10_001, 1) };
    const env = { TICKGLASS_FEED: 'binance', TICKGLASS_SYMBOLS: 'BTC/USDT', TICKGLASS_DATA_DIR: ':memory:', TICKGLASS_BINANCE_WS_URL: venue.wsUrl, TICKGLASS_BINANCE_REST_URL: venue.restUrl };
    [browser, server] = await Promise.all([launchBrowser(), startServer({ env })]);
    await waitFor(() => venue.open.some((c) => c.streams.has('btcusdt@depth@100ms')), { timeoutMs: 20_000, message: 'the depth stream' });
    opened = await openPage(browser);
    shell = new Shell(opened.page, `${server.url}/`);
    venue.trade('BTCUSDT', '100.00');
    venue.depth('BTCUSDT', 95, update);
    await shell.open('market/BTC%2FUSDT');
    await opened.page.goto(`${server.url}/market/BTC%2FUSDT?panel=book`);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop('SIGKILL');
    await venue.stop();
  });

  const book = (): Locator => shell.panel('Order book of BTC/USDT');
  const tape = (): Locator => shell.panel('Trades of BTC/USDT');
  function change(bids: Levels, asks: Levels): void {
    venue.depth('BTCUSDT', update + 1, update + 1, bids, asks);
    update += 1;
  }
  interface Row { slot: string; top: number; price: string; size: number }
  const rows = (): Promise<Row[]> => book().locator('[data-slot]').evaluateAll((list) => list.map((row) => ({
    slot: row.getAttribute('data-slot') ?? '', top: row.getBoundingClientRect().top, price: row.querySelector('.price')?.textContent ?? '',
    size: Number([...row.querySelectorAll('.size')].map((cell) => cell.textContent ?? '').join('').replace(/[≥,]/g, '') || '0'),
  })));
  const lamp = async (): Promise<string> => (await book().locator('[role="status"]').first().innerText()).trim();
  const lampSays = (words: RegExp, message: string) => waitFor(async () => words.test(await lamp()), { timeoutMs: 20_000, message });
  const best = async (): Promise<string[]> => (await book().locator('.row--best .price').allInnerTexts());

  it('shows a good book, whose rows stand still while the market moves', async () => {
    await lampSays(/^Book good/, 'a good book');
    await book().getByLabel('Grouping', { exact: true }).selectOption('1');
    await waitFor(async () => (await best()).join() === '100.01,99.99', { message: 'the touch at the finest grouping' });
    const before = await rows();
    expect(before.length).toBeGreaterThan(20);
    // Two ticks up: the asks below 100.03 are taken, bids follow.
    change([['100.00', '7'], ['100.01', '8']], [['100.01', '0'], ['100.02', '0']]);
    await waitFor(async () => (await best()).join() === '100.03,100.01', { message: 'the touch has moved' });
    const after = await rows();
    const places = new Map(before.map((row) => [row.price, row.top]));
    const crossed = new Set(['100.01', '100.02', '100.00']);
    for (const row of after) if (!crossed.has(row.price)) expect([row.price, places.get(row.price)]).toEqual([row.price, row.top]);
    change([['100.00', '0'], ['100.01', '0']], [['100.01', '1'], ['100.02', '2']]);
    await waitFor(async () => (await best()).join() === '100.01,99.99', { message: 'the touch is back' });
    expect(await rows()).toEqual(before);
  });

  it('groups by multiples of the tick; nothing of the book is lost or made up by it', async () => {
    await book().getByLabel('Grouping', { exact: true }).selectOption('10');
    await waitFor(async () => (await best()).join() === '100.10,99.90', { message: 'the touch at ten ticks' });
    const sums = await rows();
    // Ten levels of 1 to 10 fall into the first row of the asks; 99.99 down to 99.90 into that of the bids.
    expect(sums.find((row) => row.price === '100.10')?.size).toBe(55);
    expect(sums.find((row) => row.price === '99.90')?.size).toBe(55);
    expect(sums.reduce((sum, row) => sum + row.size, 0)).toBe(2 * (30 * 31) / 2);
    await book().getByRole('group', { name: /^Ladder/ }).focus();
    await opened.page.keyboard.press('-');
    await waitFor(async () => (await book().getByLabel('Grouping', { exact: true }).inputValue()) === '5', { message: 'the grouping by key' });
  });

  it('says why a book is not good, keeps the last good levels, and is good again by itself', async () => {
    let release: (value?: unknown) => void = () => undefined;
    venue.restGate = new Promise((resolve) => (release = resolve));
    const before = await rows();
    venue.book = { lastUpdateId: 210, bids: levels(9_999, -1), asks: levels(10_001, 1) };
    venue.depth('BTCUSDT', 205, 206, [['99.99', '99']]);
    await lampSays(/^Gap\b[\s\S]*102 to 204|^Gap\b[\s\S]*\d+ to 204/, 'the gap in words');
    expect(await lamp()).toContain('These are the last good levels. It is loaded anew by itself.');
    expect(await rows()).toEqual(before);
    expect(await book().locator('.box.hatched').count()).toBe(1);
    release();
    update = 210;
    await lampSays(/^Book good/, 'the book is loaded anew');
    await opened.context.setOffline(true);
    await lampSays(/^Interrupted[\s\S]*checked and renewed/, 'the interruption in words');
    await opened.context.setOffline(false);
    await lampSays(/^Book good/, 'the book after the interruption');
  });

  it('lists trades by taker order, marks large ones, and shows what was missed as a hole with its number', async () => {
    await opened.page.goto(`${server.url}/market/BTC%2FUSDT?panel=tape`);
    await tape().locator('.line').first().waitFor();
    const at = Date.now();
    let id = 50_000;
    const fill = (cents: number, size: string, time: number, maker: boolean): void =>
      venue.stream('btcusdt@trade', { e: 'trade', E: venue.now, s: 'BTCUSDT', t: (id += 1), p: price(cents), q: size, T: time, m: maker, M: true });
    // One order to sell through three levels, then one to buy worth 25,000.
    for (const cents of [10_000, 9_999, 9_998]) fill(cents, '1.00000000', at, true);
    fill(10_000, '250.00000000', at + 50, false);
    const line = (words: RegExp) => tape().locator('.line').filter({ hasText: words });
    await line(/250/).waitFor();
    expect(await line(/250/).innerText()).toMatch(/buy[\s\S]*100\.00[\s\S]*large/);
    const swept = line(/99\.98\*/);
    expect([await swept.count(), await swept.locator('.size').innerText(), await swept.getByTitle('3 fills').count()]).toEqual([1, '3.00000', 1]);
    const minute = tape().getByLabel('Volume of the last minutes').locator('.column').first();
    expect(await minute.getAttribute('title')).toMatch(/Bought 2\d\d\.\d+, sold 3\.0+, difference \d/);

    await opened.context.setOffline(true);
    await tape().getByText(/^Interrupted: the list stands still/).waitFor();
    // More than the server remembers (5,000), ten fills of one order at a time: what is remembered follows the hole.
    const since = Date.now();
    for (let i = 0; i < 650; i++) for (let k = 0; k < 10; k++) fill(10_000, '0.01000000', since + i, i % 2 === 0);
    await waitFor(async () => {
      const answer = await (await fetch(`${server.url}/api/v1/trades?symbol=BTC/USDT&limit=1`)).json() as { trades: { id: string }[] };
      return answer.trades[0]?.id === String(id);
    }, { timeoutMs: 20_000, message: 'the server has the trades' });
    await opened.context.setOffline(false);
    const hole = tape().locator('.hole');
    await waitFor(async () => {
      await tape().getByRole('list').evaluate((list) => { list.scrollTop = list.scrollHeight; });
      return (await hole.count()) > 0;
    }, { timeoutMs: 20_000, message: 'the hole in the list' });
    expect(await hole.first().innerText()).toBe('Skipped 1,500 trades: this page was too slow or away too long');
    expect(await minute.locator('dt').innerText()).toContain('hole');
  });

  it('draws the depth of the last seconds when asked to, and says in words where most stands', async () => {
    await opened.page.goto(`${server.url}/market/BTC%2FUSDT?panel=depth`);
    const depth = shell.panel('Depth of BTC/USDT');
    await depth.getByRole('button', { name: 'Heatmap' }).click();
    // Sizes grow outwards by one: the last level of each side is the heaviest.
    await depth.getByText(/^Since \d\d:\d\d:\d\d UTC: most bid at 99\.7\d \([\d.]+ BTC on average\), most offered at 100\.3\d/).waitFor();
    const painted = await depth.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0));
    expect(painted).toBe(true);
  });

  it('complains of nothing, and a tool for accessibility finds no fault in any of the panels', async () => {
    // Before that tool, which writes styles of its own into the page.
    expect(opened.complaints.own()).toEqual([]);
    expect(await axeViolations(opened.page, '.depth')).toEqual([]);
    await opened.page.goto(`${server.url}/market/BTC%2FUSDT?panel=tape`);
    await tape().locator('.line').first().waitFor();
    expect(await axeViolations(opened.page, '.tape')).toEqual([]);
    await opened.page.goto(`${server.url}/market/BTC%2FUSDT?panel=book`);
    await lampSays(/^Book good/, 'a good book');
    expect(await axeViolations(opened.page, '.book')).toEqual([]);
  });
});
