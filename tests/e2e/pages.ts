import type { Locator, Page } from 'playwright-core';
import { waitFor } from '../support/waitFor';

/** Routes of the app with the heading that shows each has arrived. */
export const ROUTES = [
  { path: 'market', heading: 'Market' },
  { path: 'market/BTC%2FUSDT', heading: 'BTC/USDT' },
  { path: 'analysis', heading: 'Analysis' },
  { path: 'analysis/scorecard', heading: 'Scorecard' },
  { path: 'analysis/method', heading: 'Method' },
  { path: 'status', heading: 'Streams' },
  { path: 'status/nothing-here', heading: 'Page not found' },
] as const;

/** What every page of the app has: the bar with the lamps, the heading, the dialogs. */
export class Shell {
  constructor(readonly page: Page, readonly base: string) {}

  /** Opens a route and waits for its heading. */
  async open(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.base).href);
    const route = ROUTES.find((known) => known.path === path);
    if (route) await this.page.getByRole('heading', { name: route.heading, exact: true, level: 1 }).waitFor();
  }

  /** The lamps of the three streams; their name says each state in words. */
  get lamps(): Locator {
    return this.page.getByRole('button', { name: /^Connection\./ });
  }

  async streamWords(): Promise<string> {
    return (await this.lamps.getAttribute('aria-label')) ?? '';
  }

  /** Waits until the lamps say so, for instance `/Market: live/`. */
  async streams(words: RegExp, timeoutMs = 20_000): Promise<void> {
    let seen = '';
    await waitFor(async () => words.test(seen = await this.streamWords()), { timeoutMs, message: () => `the lamps say ${String(words)}; they say "${seen}"` });
  }

  live(timeoutMs?: number): Promise<void> {
    return this.streams(/Market: live, Signals: live, Sentiment: live/, timeoutMs);
  }

  /** Panels with data, by their headings. */
  panel(name: string | RegExp): Locator {
    return this.page.getByRole('region', { name });
  }

  /** True when the page itself can be scrolled sideways. */
  scrollsSideways(): Promise<boolean> {
    return this.page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  }
}

/** The table of /market. */
export class PriceTable {
  readonly grid: Locator;

  constructor(readonly page: Page) {
    this.grid = page.getByRole('grid', { name: 'Prices' });
  }

  row(symbol: string): Locator {
    return this.grid.getByRole('row').filter({ has: this.page.getByRole('link', { name: symbol, exact: true }) });
  }

  async symbols(): Promise<string[]> {
    return this.grid.getByRole('rowheader').getByRole('link').allTextContents();
  }

  /** Text of one cell, found by the title of its column. */
  async cell(symbol: string, column: string): Promise<string> {
    const titles = (await this.grid.getByRole('columnheader').allTextContents()).map((title) => title.trim());
    const at = titles.indexOf(column);
    if (at < 0) throw new Error(`no column "${column}" among ${titles.join(', ')}`);
    return (await this.row(symbol).locator('[role="gridcell"], [role="rowheader"]').nth(at).innerText()).trim();
  }

  /** Waits until the last price of a symbol is a number and then until it is another one; gives both. */
  async movingPrice(symbol: string, timeoutMs = 20_000): Promise<[string, string]> {
    const price = (): Promise<string> => this.cell(symbol, 'Last');
    const first = await waitFor(async () => /\d/.test(await price()) && price(), { timeoutMs, message: `${symbol} has a price` });
    const next = await waitFor(async () => {
      const now = await price();
      return /\d/.test(now) && now !== first && now;
    }, { timeoutMs, message: `the price of ${symbol} moves on from ${first}` });
    return [first, next];
  }
}
