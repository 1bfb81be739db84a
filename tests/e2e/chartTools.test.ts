import { readFile } from 'node:fs/promises';
import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchBrowser, openPage, type OpenedPage } from '../support/browser';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';
import { Shell } from './pages';

describe.skipIf(!chromiumPath)('tools of the chart on a phone (needs Chromium)', () => {
  let browser: Browser;
  let server: ServerProcess;
  let opened: OpenedPage;
  let touch: CDPSession;

  beforeAll(async () => {
    // Ten times as fast: new candles come while lines are changed.
    [browser, server] = await Promise.all([launchBrowser(), startServer({ env: { TICKGLASS_SIM_SPEED: '10' } })]);
    opened = await openPage(browser, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    touch = await opened.context.newCDPSession(opened.page);
    await new Shell(opened.page, `${server.url}/`).open('market/BTC%2FUSDT');
    await chart().locator('canvas').first().waitFor();
    await opened.page.locator('.legend').filter({ hasText: /O[\d,.]+/ }).waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  const chart = () => opened.page.getByRole('application', { name: /^Candles of BTC\/USDT/ });
  const button = (name: string) => opened.page.getByRole('toolbar', { name: 'Chart' }).getByRole('button', { name, exact: true });
  const press = (name: string): Promise<void> => button(name).tap();
  const kinds = (): Promise<string[]> => opened.page.evaluate(() => [...(localStorage.getItem('tickglass.drawings') ?? '').matchAll(/"kind":"(\w+)"/g)].map(([, kind]) => kind ?? ''));

  /** A finger from one point of the chart to another, in fractions of it. */
  async function swipe(fromX: number, fromY: number, toX: number, toY: number): Promise<void> {
    const box = await chart().boundingBox();
    if (!box) throw new Error('the chart has no size');
    const at = (x: number, y: number) => [{ x: box.x + x * box.width, y: box.y + y * box.height }];
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(fromX, fromY) });
    for (const share of [0.3, 0.7, 1]) await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(fromX + share * (toX - fromX), fromY + share * (toY - fromY)) });
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  }

  it('each tool draws with a finger, and what was drawn is kept', async () => {
    for (const [i, tool] of ['Trend line', 'Horizontal line', 'Rectangle', 'Text', 'Measure'].entries()) {
      // A tap that follows a stroke within a moment may be taken for the second of a double tap: as people do, press again.
      await waitFor(async () => {
        await press(tool);
        return waitFor(async () => (await button(tool).getAttribute('aria-pressed')) === 'true', { timeoutMs: 500 });
      }, { message: `${tool} is in hand` });
      await swipe(0.1 + 0.1 * i, 0.5, 0.3 + 0.1 * i, 0.3);
      await waitFor(async () => (await kinds()).length === i + 1, { message: `${tool} is kept` });
    }
    expect(await kinds()).toEqual(['trend', 'horizontal', 'rectangle', 'text', 'measure']);
  });

  it('survives every change of lines, scale and interval while candles come and a pointer rests on it', async () => {
    const { page } = opened;
    const box = await chart().boundingBox();
    if (!box) throw new Error('the chart has no size');
    for (let turn = 0; turn < 3; turn++) {
      for (const change of ['vol', 'log', '5m', 'vol', '1m', '1h', '1m'] as const) {
        await press(change);
        await page.mouse.move(box.x + 90 + 20 * turn, box.y + 160);
        await page.mouse.move(box.x + 100 + 20 * turn, box.y + 170);
      }
    }
    await page.locator('.legend').filter({ hasText: /O[\d,.]+/ }).waitFor();
    expect(opened.complaints.all()).toEqual([]);
  });

  it('saves a picture that says what it shows, under the strict policy', async () => {
    const [download] = await Promise.all([opened.page.waitForEvent('download'), press('PNG')]);
    expect(download.suggestedFilename()).toBe('BTC-USDT-1m-simulated.png');
    const png = await readFile(await download.path());
    expect([png.subarray(1, 4).toString('latin1'), png.length > 5_000]).toEqual(['PNG', true]);
    expect(opened.complaints.all()).toEqual([]);
  });
});
