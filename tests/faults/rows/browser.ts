import type { Page } from 'playwright-core';
import { chromiumPath, launchBrowser, openPage } from '../../support/browser';
import { isBuilt } from '../../support/serverProcess';
import { PriceTable, Shell } from '../../e2e/pages';
import { Stage } from '../stage';
import { pause, timeUntil, type FaultRow } from '../trial';

const needsBrowser = (): string | null => (chromiumPath === null ? 'chromium' : isBuilt() ? null : 'the built page (npm run build)');

const killed: FaultRow = {
  id: 'F03', fault: 'tab of a client killed, reloaded', injection: 'Chromium: the renderer is crashed; another page is reloaded', criterion: 'the server frees everything of the connection <= 1 s; the reloaded page is live',
  quick: false, limitSeconds: 90, needs: needsBrowser,
  async run(trial) {
    const stage = await Stage.open(trial, { env: { TICKGLASS_CONNECTIONS_PER_USER: '60' } });
    const browser = await launchBrowser();
    trial.defer(() => browser.close());
    const opened = await openPage(browser);
    const shell = new Shell(opened.page, `${stage.server.url}/`);
    await shell.open('market');
    await shell.streams(/Market: live/, 30_000);
    await opened.page.reload();
    await shell.streams(/Market: live/, 30_000);
    await timeUntil(async () => (await stage.clients()) === 1, 5_000, 'one market connection after the reload');
    trial.holds('reloaded: live, one connection', true);
    const at = performance.now();
    // The command itself never answers: its page is gone.
    void opened.page.goto('chrome://crash').catch(() => undefined);
    await timeUntil(async () => (await stage.clients()) === 0, 10_000, 'the connection is freed');
    trial.within('crashed: freed after', performance.now() - at, 1_000);
    await stage.sane();
  },
};

/** Does the browser itself say so? */
const hidden = (page: Page): Promise<boolean> => page.evaluate(() => document.visibilityState === 'hidden');

const background: FaultRow = {
  id: 'F23', fault: 'tab in the background', injection: 'Chromium: lifecycle frozen for 20 s, then active (the matrix names 10 min of timers once a minute)', criterion: 'state current at once when looked at, no flood of messages',
  quick: false, limitSeconds: 120, needs: needsBrowser,
  async run(trial) {
    const stage = await Stage.open(trial);
    const browser = await launchBrowser();
    trial.defer(() => browser.close());
    const opened = await openPage(browser);
    const shell = new Shell(opened.page, `${stage.server.url}/`);
    const table = new PriceTable(opened.page);
    await shell.open('market');
    await shell.streams(/Market: live/, 30_000);
    const devtools = await opened.context.newCDPSession(opened.page);
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
    await pause(20_000);
    trial.note(`hidden while frozen: ${String(await hidden(opened.page).catch(() => 'frozen'))}`);
    await devtools.send('Page.setWebLifecycleState', { state: 'active' });
    const at = performance.now();
    await shell.streams(/Market: live/, 30_000);
    trial.within('live after the thaw', performance.now() - at, 5_000);
    stage.halt();
    stage.next();
    const text = stage.truth.toLocaleString('en-US', { minimumFractionDigits: 2 });
    await timeUntil(async () => (await table.cell('BTC/USDT', 'Last')).replace(/\s/g, '').includes(text), 10_000, `the page shows ${text}`);
    trial.within('shows the newest price after', performance.now() - at, 6_000);
    trial.holds('the console is empty', opened.complaints.own().length === 0);
    await stage.sane();
  },
};

export const BROWSER_ROWS: readonly FaultRow[] = [killed, background];
