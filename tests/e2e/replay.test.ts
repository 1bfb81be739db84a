import { stat } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchBrowser, openPage, type OpenedPage } from '../support/browser';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';

describe.skipIf(!chromiumPath)('recording and replay in a browser (needs Chromium)', () => {
  let browser: Browser;
  let server: ServerProcess;
  let opened: OpenedPage;

  beforeAll(async () => {
    // Ten times as fast: some minutes of market in seconds.
    [browser, server] = await Promise.all([launchBrowser(), startServer({ env: { TICKGLASS_SIM_SPEED: '10' } })]);
    opened = await openPage(browser);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  const page = (): Page => opened.page;
  /** Time shown in the bar of the replay, and by the clock of the page. */
  const barTime = (): Promise<string> => page().locator('.replay__time').innerText();
  const state = (): Promise<string> => page().locator('.replay__words').innerText();
  const press = (name: string): Promise<void> => page().getByRole('button', { name, exact: true }).click();

  it('is recorded from the page, and the last minutes are saved as a bug report under the strict policy', async () => {
    await page().goto(`${server.url}/replay`);
    await press('Start recording');
    const events = async (): Promise<number> => Number(/: ([\d,]+) events/.exec(await page().locator('.recorder').innerText())?.[1]?.replaceAll(',', '') ?? 0);
    await waitFor(async () => (await events()) > 500, { timeoutMs: 20_000, message: 'events are recorded' });
    await press('Stop recording');
    await page().getByText(/^Saved as recording-/).waitFor();
    await page().goto(`${server.url}/status`);
    await press('Save bug report');
    const link = page().getByRole('link', { name: 'Download', exact: true });
    await link.waitFor();
    const [download] = await Promise.all([page().waitForEvent('download'), link.click()]);
    expect(download.suggestedFilename()).toMatch(/^bug-report-.*\.parquet$/);
    expect((await stat(await download.path())).size).toBeGreaterThan(10_000);
  });

  it('plays, rests without ageing, steps, seeks and ends with one clock on the page', async () => {
    await page().goto(`${server.url}/replay`);
    await page().locator('.file').filter({ hasText: 'recording-' }).getByRole('button', { name: 'Open' }).click();
    await page().waitForURL(/\/replay\/\w+\/market$/);
    await press('Pause');
    await waitFor(async () => (await state()) === 'Paused', { message: 'it rests' });
    const rested = await barTime();
    await press('One second on');
    await waitFor(async () => (await barTime()) !== rested, { message: 'a second later' });
    await page().getByRole('slider', { name: 'Time in the recording' }).press('Home');
    await waitFor(async () => (await barTime()) <= rested && (await state()) === 'Paused', { message: 'the beginning' });
    await page().getByLabel('Speed').selectOption('100');
    await press('Play');
    await waitFor(async () => (await state()) === 'The recording is over', { timeoutMs: 15_000, message: 'the end' });
    await waitFor(async () => (await page().locator('header').first().innerText()).includes((await barTime()).slice(-12, -4)), { message: 'both clocks agree' });
    // At the end the feed's clock stands: nothing turns stale by being looked at.
    expect(await page().locator('.row--stale').count()).toBe(0);
  });

  it('says REPLAY in every view and panel, nothing else', async () => {
    const room = page().url().replace(/market$/, '');
    const words = async (): Promise<string[]> => [...new Set((await page().locator('.tag').allInnerTexts()).map((text) => text.split(/\s/)[0] ?? ''))];
    for (const [path, ready] of [['market/BTC%2FUSDT', '.chart canvas'], ['market', '[role="row"]'], ['analysis?list=ratings', '.table tbody tr'], ['analysis/scorecard', '.state, .notice, h1'], ['status', '.cards'], ['replay', '.facts']] as const) {
      await page().goto(`${room}${path}`);
      await page().locator(ready).first().waitFor();
      await waitFor(async () => (await words()).length > 0 && (await words()).every((word) => word === 'REPLAY'), { message: `REPLAY on ${path}` });
    }
    await press('Close this replay for everybody');
    await page().waitForURL(`${server.url}/replay`);
  });

  it('wrote nothing to the console and broke no security policy', () => {
    expect(opened.complaints.all()).toEqual([]);
  });
});
