import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchBrowser, openPage, type OpenedPage } from '../support/browser';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';
import { Shell } from './pages';

/** Where the panels stand, as whole pixels. */
const boxes = (page: Page): Promise<Record<string, { x: number; y: number; w: number; h: number }>> => page.evaluate(() => Object.fromEntries([...document.querySelectorAll('[data-panel]')].map((panel) => {
  const { x, y, width, height } = panel.getBoundingClientRect();
  return [panel.getAttribute('data-panel') ?? '', { x: Math.round(x), y: Math.round(y), w: Math.round(width), h: Math.round(height) }];
})));

describe.skipIf(!chromiumPath)('the workspace in a browser (needs Chromium)', () => {
  let browser: Browser;
  let server: ServerProcess;
  let opened: OpenedPage;
  const more: OpenedPage[] = [];

  beforeAll(async () => {
    [browser, server] = await Promise.all([launchBrowser(), startServer()]);
    opened = await openPage(browser);
    // No clipboard in a browser without a screen: what would be copied is kept.
    await opened.page.addInitScript(() => {
      navigator.clipboard.writeText = (text) => {
        document.documentElement.dataset['copied'] = text;
        return Promise.resolve();
      };
    });
    await new Shell(opened.page, `${server.url}/`).open('market/BTC%2FUSDT');
    await opened.page.locator('[data-panel="tape"]').waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  async function drag(fromX: number, fromY: number, toX: number, toY: number): Promise<void> {
    const { mouse } = opened.page;
    await mouse.move(fromX, fromY);
    await mouse.down();
    await mouse.move((fromX + toX) / 2, (fromY + toY) / 2, { steps: 3 });
    await mouse.move(toX, toY, { steps: 3 });
    await mouse.up();
  }
  async function openWorkspaceSheet(page: Page): Promise<void> {
    await page.getByRole('button', { name: /^Settings/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: /Workspace/ }).click();
    await page.getByRole('button', { name: 'Copy link' }).waitFor();
  }

  it('a panel dragged by its tab stands where it was let go, and a line dragged at once afterwards moves', async () => {
    const { page } = opened;
    const before = await boxes(page);
    const [tab, chart] = [await page.locator('[data-tab="tape"]').boundingBox(), before['chart']];
    if (!tab || !chart) throw new Error('no tab or no chart');
    await drag(tab.x + tab.width / 2, tab.y + tab.height / 2, chart.x + chart.w / 2, chart.y + chart.h - 12);
    await waitFor(async () => (await boxes(page))['tape']?.x === chart.x, { message: 'the tape stands beneath the chart' });
    const moved = await boxes(page);
    expect(moved['tape']?.y).toBeGreaterThan(moved['chart']?.y ?? Infinity);
    // The head of the panel that was just dropped has the focus: it must not cover the line above it.
    const line = await page.getByRole('separator', { name: 'Size of Chart against Trades' }).boundingBox();
    if (!line) throw new Error('no line');
    await drag(line.x + line.width / 2, line.y + line.height / 2, line.x + line.width / 2, line.y + 40);
    await waitFor(async () => ((await boxes(page))['chart']?.h ?? 0) > (moved['chart']?.h ?? 0) + 20, { message: 'the chart is higher' });
  });

  it('the same workspace opens elsewhere by its link, after it was asked for', async () => {
    const { page } = opened;
    await openWorkspaceSheet(page);
    await page.getByRole('button', { name: 'Copy link' }).click();
    const link = await waitFor(() => page.evaluate(() => document.documentElement.dataset['copied']), { message: 'a copied link' });
    const other = await openPage(browser);
    more.push(other);
    await other.page.goto(link);
    await other.page.getByText('The link holds this workspace').waitFor();
    expect(await other.page.evaluate(() => localStorage.getItem('tickglass.layout'))).toBeNull();
    await other.page.getByRole('button', { name: 'Replace mine' }).click();
    await waitFor(async () => JSON.stringify(await boxes(other.page)) === JSON.stringify(await boxes(page)), { message: 'the same boxes in both browsers' });
    expect(new URL(other.page.url()).hash).toBe('');
  });

  it('and by a file, on a phone too', async () => {
    const { page } = opened;
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as file' }).click()]);
    expect(download.suggestedFilename()).toMatch(/^tickglass-workspace-\d{4}-\d\d-\d\d\.json$/);
    const text = await readFile(await download.path(), 'utf8');
    const phone = await openPage(browser, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    more.push(phone);
    await new Shell(phone.page, `${server.url}/`).open('market');
    await openWorkspaceSheet(phone.page);
    await phone.page.getByLabel('File of a workspace').setInputFiles({ name: 'mine.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    await phone.page.getByRole('button', { name: 'Replace mine' }).tap();
    const kept = (at: Page): Promise<string | null> => at.evaluate(() => localStorage.getItem('tickglass.layout'));
    await waitFor(async () => (await kept(phone.page)) === (await kept(page)), { message: 'the layout of the file' });
  });

  it('wrote nothing to the console and broke no security policy', () => {
    expect([opened, ...more].flatMap(({ complaints }) => complaints.all())).toEqual([]);
  });
});
