import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchBrowser, openPage, type OpenedPage } from '../support/browser';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';
import { PriceTable, ROUTES, Shell } from './pages';

/** The label itself, not a sentence that contains the word. */
const LABEL = /^SIMULATED\b/;

describe.skipIf(!chromiumPath)('both views on the simulator (needs Chromium)', () => {
  let browser: Browser;
  let server: ServerProcess;
  let opened: OpenedPage;
  let shell: Shell;

  beforeAll(async () => {
    [browser, server] = await Promise.all([launchBrowser(), startServer()]);
    opened = await openPage(browser);
    shell = new Shell(opened.page, `${server.url}/`);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  it('/ leads to /market, where prices move and the three streams are live', async () => {
    await opened.page.goto(`${server.url}/`);
    await shell.live();
    expect(new URL(opened.page.url()).pathname).toBe('/market');
    const table = new PriceTable(opened.page);
    const [before, after] = await table.movingPrice('BTC/USDT');
    expect(after).not.toBe(before);
    expect(await table.symbols()).toEqual(expect.arrayContaining(['BTC/USDT', 'AAPL', 'EUR/USD']));
    expect(await table.cell('BTC/USDT', 'Source')).toMatch(/simulat/i);
    await expect(table.cell('BTC/USDT', 'Age')).resolves.toMatch(/\d|now/);
  });

  it('a name without room ends in dots inside its cell', async () => {
    const { page, close } = await openPage(browser, { viewport: { width: 1024, height: 900 } });
    await page.goto(`${server.url}/market`);
    const name = page.getByRole('row').filter({ hasText: 'USD/JPY' }).locator('.name');
    await name.waitFor();
    const [beyond, cut] = await name.evaluate((box) => {
      const text = document.createRange();
      text.selectNodeContents(box);
      const cell = box.parentElement?.getBoundingClientRect().right ?? 0;
      return [box.getBoundingClientRect().right > cell, text.getBoundingClientRect().right > cell && getComputedStyle(box).textOverflow === 'ellipsis'];
    });
    await close();
    expect([beyond, cut]).toEqual([false, true]);
  });

  it('/analysis shows ratings or signals, sentiment and breadth', async () => {
    await shell.open('analysis');
    await shell.live();
    await waitFor(async () => (await shell.panel(/Sentiment/).getByText('BTC/USDT').count()) > 0, { timeoutMs: 20_000, message: 'sentiment of BTC/USDT' });
    await waitFor(async () => (await shell.panel(/[Ss]ignals/).getByRole('row').count()) > 1, { timeoutMs: 20_000, message: 'rows of trading signals' });
  });

  it.each([['market', /^Prices/], ['analysis', /[Ss]ignals/], ['analysis', /Sentiment/], ['analysis', /Breadth/]] as const)(
    'says SIMULATED inside the panel (%s, %s)', async (path, name) => {
      await shell.open(path);
      const panel = shell.panel(name).first();
      await panel.getByText(LABEL).first().waitFor();
      expect(await panel.getByText(/^LIVE\b/).count()).toBe(0);
    });

  it('says SIMULATED on the page of one instrument', async () => {
    await shell.open('market/BTC%2FUSDT');
    for (const panel of [/^Price$/, /^Chart of/, /^Order book of/]) await shell.panel(panel).getByText(LABEL).first().waitFor();
    await waitFor(async () => /\d/.test(await opened.page.getByRole('region', { name: 'Price', exact: true }).innerText()), { message: 'a price' });
  });

  it('has every route, by address and after a reload', async () => {
    for (const route of ROUTES) {
      await shell.open(route.path);
      await opened.page.reload();
      await opened.page.getByRole('heading', { name: route.heading, exact: true, level: 1 }).waitFor();
    }
  });

  it('wrote nothing to the console and broke no security policy in all of that', () => {
    expect(opened.complaints.all()).toEqual([]);
  });

  it('runs under the strict policy it was served with', async () => {
    const response = await opened.page.request.get(`${server.url}/market`);
    expect(response.headers()['content-security-policy']).toContain("default-src 'none'");
    expect(response.headers()['content-security-policy']).not.toContain('unsafe');
  });
});
