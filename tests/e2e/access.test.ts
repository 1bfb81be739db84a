import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations, chromiumPath, launchBrowser, openPage } from '../support/browser';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';
import { PriceTable, ROUTES, Shell } from './pages';

describe.skipIf(!chromiumPath)('for everybody (needs Chromium)', () => {
  let browser: Browser;
  let server: ServerProcess;

  beforeAll(async () => {
    [browser, server] = await Promise.all([launchBrowser(), startServer()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  it.each(['dark', 'light'] as const)('axe-core finds no violation on any route (%s)', async (colorScheme) => {
    const opened = await openPage(browser, { colorScheme });
    const shell = new Shell(opened.page, `${server.url}/`);
    const found: Record<string, string[]> = {};
    for (const { path } of ROUTES) {
      await shell.open(path);
      await shell.live();
      if (path === 'market') await new PriceTable(opened.page).movingPrice('BTC/USDT');
      found[path] = await axeViolations(opened.page);
    }
    expect(found).toEqual(Object.fromEntries(ROUTES.map(({ path }) => [path, []])));
    await opened.close();
  });

  it('the price table works by keyboard alone', async () => {
    const opened = await openPage(browser);
    const { page } = opened;
    const shell = new Shell(page, `${server.url}/`);
    const table = new PriceTable(page);
    await shell.open('market');
    await table.movingPrice('BTC/USDT');

    // Sorting by a header button; the state is told, not only drawn.
    await page.getByRole('columnheader', { name: 'Symbol' }).getByRole('button').focus();
    await page.keyboard.press('Enter');
    await waitFor(async () => (await page.getByRole('columnheader', { name: 'Symbol' }).getAttribute('aria-sort')) === 'ascending', { message: 'sorted by symbol' });
    const symbols = await waitFor(async () => {
      const seen = await table.symbols();
      return seen.join() === [...seen].sort().join() && seen;
    }, { message: 'rows in the order of their symbols' });

    await table.grid.focus();
    const active = (): Promise<string> => page.locator('[role="row"][aria-selected="true"]').getByRole('link').first().innerText();
    await page.keyboard.press('Home');
    await waitFor(async () => (await active()) === symbols[0], { message: 'Home selects the first row' });
    await page.keyboard.press('ArrowDown');
    await waitFor(async () => (await active()) === symbols[1], { message: 'the arrow selects the second row' });
    const second = symbols[1] ?? '';
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: second, exact: true, level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/market/${encodeURIComponent(second)}`);

    // The palette, and dialogs that close with Escape and give the focus back.
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(opened.complaints.all()).toEqual([]);
    await opened.close();
  });

  it.each([390, 1024])('no route scrolls sideways at %i px', async (width) => {
    const opened = await openPage(browser, { viewport: { width, height: 844 }, hasTouch: width < 500 });
    const shell = new Shell(opened.page, `${server.url}/`);
    for (const { path } of ROUTES) {
      await shell.open(path);
      expect([path, await shell.scrollsSideways()]).toEqual([path, false]);
    }
    expect(opened.complaints.all()).toEqual([]);
    await opened.close();
  });

  it.each([320, 360, 390])('nor does it while nothing is connected, when the bar at the top has the most to say (%i px)', async (width) => {
    const opened = await openPage(browser, { viewport: { width, height: 844 }, hasTouch: true });
    // Sockets that open and never greet: the state lasts as long as the test looks.
    await opened.page.routeWebSocket(/\/ws\//, () => undefined);
    const shell = new Shell(opened.page, `${server.url}/`);
    for (const path of ['market', 'status']) {
      await shell.open(path);
      await shell.streams(/Market: connecting/);
      expect([path, await shell.scrollsSideways()]).toEqual([path, false]);
    }
    await opened.close();
  });
});
