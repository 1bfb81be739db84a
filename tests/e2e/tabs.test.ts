import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath, launchBrowser, leave, openPage, type OpenedPage } from '../support/browser';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';
import { PriceTable, Shell } from './pages';

interface Tab {
  readonly page: Page;
  readonly shell: Shell;
  readonly table: PriceTable;
}

describe.skipIf(!chromiumPath)('tabs that share one set of connections (needs Chromium)', () => {
  let browser: Browser;
  let server: ServerProcess;
  let opened: OpenedPage;
  let tabs: Tab[];

  beforeAll(async () => {
    [browser, server] = await Promise.all([launchBrowser([], { cachesPages: true }), startServer()]);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop('SIGKILL');
  });
  beforeEach(async () => {
    opened = await openPage(browser);
    tabs = [];
    await inTab(opened.page);
    await inTab(await opened.context.newPage());
    await shares();
  });
  afterEach(() => opened.close());

  async function inTab(page: Page): Promise<Tab> {
    const tab = { page, shell: new Shell(page, `${server.url}/`), table: new PriceTable(page) };
    tabs.push(tab);
    await tab.shell.open('market');
    await tab.shell.live();
    return tab;
  }
  /** Sockets the server has open, by stream. */
  async function sockets(): Promise<number[]> {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return ['market', 'signals', 'binary'].map((stream) => Number(new RegExp(`tickglass_clients\\{stream="${stream}"\\} (\\d+)`).exec(text)?.[1] ?? 0));
  }
  async function shares(): Promise<void> {
    let seen = '';
    await waitFor(async () => (seen = String(await sockets())) === '1,1,1', { timeoutMs: 15_000, message: () => `three sockets; there are ${seen}` });
  }
  const at = (i: number): Tab => {
    const tab = tabs[i];
    if (!tab) throw new Error(`no tab ${String(i)}`);
    return tab;
  };
  /** Words of the connection panel about the sharing. */
  async function sharing({ page, shell }: Tab): Promise<string> {
    await shell.lamps.click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const words = await dialog.innerText();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    return words;
  }

  it('two tabs have three sockets, both show moving prices, and say who connects', async () => {
    await at(0).table.movingPrice('BTC/USDT');
    await at(1).table.movingPrice('BTC/USDT');
    expect(await sharing(at(0))).toContain('This tab shares its connections with one other tab.');
    expect(await sharing(at(1))).toMatch(/Shared with one other tab: the connections are made by one of them[\s\S]*It comes over the connection of another tab/);
    expect(opened.complaints.all()).toEqual([]);
  });

  it.each(['closed', 'crashed', 'put into the back-forward cache'] as const)('the tab that connects is %s: the other goes on without a word of loss', async (how) => {
    const { page } = at(0);
    let back: (() => Promise<boolean>) | null = null;
    if (how === 'closed') await page.close();
    // Never answered: what would answer is gone.
    else if (how === 'crashed') void (await opened.context.newCDPSession(page)).send('Page.crash').catch(() => undefined);
    else back = await leave(page, `${server.url}/health`);
    await waitFor(async () => !(await sharing(at(1))).includes('It comes over the connection of another tab'), { timeoutMs: 10_000, message: 'the other tab connects by itself' });
    await at(1).table.movingPrice('BTC/USDT', 5_000);
    expect(await at(1).shell.streamWords()).toMatch(/Market: live, Signals: live, Sentiment: live/);
    expect(await sharing(at(1))).not.toContain('loaded anew');
    if (!back) return;
    // Shown again, it follows, and has what came meanwhile.
    expect(await back()).toBe(true);
    await at(0).shell.live(5_000);
    await at(0).table.movingPrice('BTC/USDT');
    expect(await sharing(at(0))).toMatch(/Prices[^.:]*: missed \d+ changes?, all made up for/);
    await shares();
  });

  it('each has its own when the setting says so', async () => {
    const { page } = at(1);
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await page.getByRole('dialog').getByText('Each its own').click();
    await page.keyboard.press('Escape');
    await waitFor(async () => String(await sockets()) === '2,2,2', { timeoutMs: 10_000 });
    await at(1).table.movingPrice('BTC/USDT');
    expect(await at(1).shell.streamWords()).toMatch(/Market: live/);
  });
});
