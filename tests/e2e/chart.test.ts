import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations, chromiumPath, launchBrowser, openPage, type OpenedPage } from '../support/browser';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';
import { Shell } from './pages';

describe.skipIf(!chromiumPath)('the chart of an instrument (needs Chromium)', () => {
  let browser: Browser;
  let server: ServerProcess;
  let opened: OpenedPage;

  beforeAll(async () => {
    [browser, server] = await Promise.all([launchBrowser(), startServer()]);
    opened = await openPage(browser);
    await new Shell(opened.page, `${server.url}/`).open('market/BTC%2FUSDT');
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  const canvas = () => opened.page.getByRole('application', { name: /^Candles of BTC\/USDT/ });
  const legend = () => opened.page.locator('.legend').first().innerText();
  const kept = (): Promise<string> => opened.page.evaluate(() => localStorage.getItem('tickglass.drawings') ?? '');

  it('draws candles that move, and says in words what is in sight', async () => {
    await canvas().locator('canvas').first().waitFor();
    const summary = opened.page.locator('.chart > .sr');
    await waitFor(async () => /candles of one minute: [1-9]\d* in sight/.test((await summary.textContent()) ?? ''), { timeoutMs: 20_000, message: 'a summary of what is in sight' });
    const before = await legend();
    await waitFor(async () => (await legend()) !== before, { timeoutMs: 20_000, message: 'the forming candle moves' });
    expect(before).toMatch(/O[\d,.]+ H[\d,.]+/);
    expect(await opened.page.getByRole('link', { name: 'Charts by TradingView' }).getAttribute('href')).toBe('https://www.tradingview.com/');
  });

  it('follows the digits, shows an indicator, and pages back to the beginning of the simulated past', async () => {
    await canvas().focus();
    await opened.page.keyboard.press('3');
    await waitFor(() => Promise.resolve(opened.page.url().includes('interval=5m')), { message: 'the interval is in the address' });
    await opened.page.getByRole('button', { name: /^Indicators/ }).click();
    await opened.page.getByRole('searchbox', { name: 'Find an indicator' }).fill('rsi');
    await opened.page.getByRole('button', { name: /Relative strength index rsi/i }).click();
    await opened.page.keyboard.press('Escape');
    await waitFor(async () => (await opened.page.locator('.legend').allInnerTexts()).some((text) => /RSI 14\s*[\d.]+/.test(text)), { message: 'the value of the indicator' });
    await canvas().focus();
    await waitFor(async () => {
      for (let i = 0; i < 5; i++) await opened.page.keyboard.press('ArrowLeft');
      return (await opened.page.locator('.chart__foot').innerText()).includes('The simulated past begins here');
    }, { timeoutMs: 30_000, message: 'the beginning of the past' });
  });

  it('keeps a drawing that was made with the pointer, moved with the keyboard and, after a reload, is still there until it is deleted', async () => {
    const box = await canvas().boundingBox();
    if (!box) throw new Error('the chart has no size');
    await canvas().focus();
    await opened.page.keyboard.press('End');
    await opened.page.getByRole('button', { name: 'Trend line' }).click();
    await opened.page.mouse.move(box.x + 100, box.y + 130);
    await opened.page.mouse.down();
    await opened.page.mouse.move(box.x + 220, box.y + 80, { steps: 4 });
    await opened.page.mouse.up();
    const drawn = await kept();
    expect(drawn).toContain('"kind":"trend"');
    await opened.page.keyboard.press('ArrowUp');
    expect(await kept()).not.toBe(drawn);
    await opened.page.reload();
    await canvas().locator('canvas').first().waitFor();
    await opened.page.getByRole('button', { name: /^Drawn/ }).click();
    await opened.page.getByRole('button', { name: 'Delete Trend line' }).click();
    expect(await kept()).not.toContain('trend');
    await opened.page.keyboard.press('Escape');
  });

  it('has no fault that a tool for accessibility finds, and complains of nothing', async () => {
    expect(await axeViolations(opened.page, '.chart')).toEqual([]);
    expect(opened.complaints.all()).toEqual([]);
  });
});
