import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/chromium';

/** The browser to test with, or null: then the browser tests are left out. */
export const chromiumPath = findChromium();

export const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--disable-dev-shm-usage'];

/** `cachesPages`: with the back-forward cache, which Playwright turns off. */
export function launchBrowser(extraFlags: readonly string[] = [], { cachesPages = false } = {}): Promise<Browser> {
  if (chromiumPath === null) throw new Error('no Chromium: set TICKGLASS_CHROMIUM, or install chromium');
  return chromium.launch({ executablePath: chromiumPath, headless: true, args: [...FLAGS, ...extraFlags], ...(cachesPages ? { ignoreDefaultArgs: ['--disable-back-forward-cache'] } : {}) });
}

/** What a page complained about. A normal session has none of it. */
export interface Complaints {
  /** Console lines of any level, uncaught errors, and Content-Security-Policy violations, in words. */
  all(): readonly string[];
  /** The same without the lines a browser itself writes when the network is cut: no page can prevent those. */
  own(): readonly string[];
}

export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: Complaints;
  close(): Promise<void>;
}

const NETWORK = /net::ERR_|Failed to load resource|WebSocket connection to .* failed/;

/** A page in its own context (own storage), listened to from before its first script. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: 'UTC', ...options });
  const lines: string[] = [];
  await context.exposeBinding('reportViolation', (_source, words: string) => { lines.push(words); });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report: unknown = Reflect.get(globalThis, 'reportViolation');
      if (typeof report === 'function') report(`CSP ${event.effectiveDirective} blocked ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  const page = await context.newPage();
  page.on('console', (message) => lines.push(`console.${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => lines.push(`uncaught: ${error.stack ?? error.message}`));
  const complaints = { all: () => lines, own: () => lines.filter((line) => !NETWORK.test(line)) };
  return { page, context, complaints, close: () => context.close() };
}

interface AxeViolation { readonly id: string; readonly help: string; readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[] }

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Every violation axe-core finds on the page (WCAG 2.2 A and AA, best practices), one line each; `within` looks at one part of it, by selector. */
export async function axeViolations(page: Page, within?: string): Promise<string[]> {
  await page.evaluate(axeSource);
  const violations = await page.evaluate<AxeViolation[]>(`axe.run(${within === undefined ? 'document' : JSON.stringify(within)}, { resultTypes: ["violations"] }).then((result) => result.violations)`);
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id}: ${help} at ${JSON.stringify(target)} ${(failureSummary ?? '').replaceAll(/\s+/g, ' ')}`));
}

/** Leaves the page by a link of its own kind, so that the browser may keep it; the result goes back and says whether it was kept. */
export async function leave(page: Page, to: string): Promise<() => Promise<boolean>> {
  await page.evaluate(() => {
    Reflect.set(globalThis, 'leftHere', true);
  });
  await page.evaluate((url) => {
    setTimeout(() => window.location.assign(url), 0);
  }, to);
  await page.waitForURL(to);
  return async () => {
    await page.evaluate(() => {
      setTimeout(() => window.history.back(), 0);
    });
    // A page that was kept does not load again.
    await page.waitForURL((url) => url.href !== to, { waitUntil: 'commit' });
    return page.evaluate(() => Reflect.get(globalThis, 'leftHere') === true);
  };
}
