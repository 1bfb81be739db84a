import { chromiumPath, launchBrowser, openPage } from '../../support/browser';
import { isBuilt } from '../../support/serverProcess';
import { Shell } from '../../e2e/pages';
import { TabbedBrowser, type Tab } from '../../support/tabs';
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

/** Chromium slows the timers of a hidden tab to one a minute when it was hidden for five minutes; in the shorter form at once. */
const SOON_THROTTLED = '--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/10';
const LAMPS = `document.querySelector('[aria-label^="Connection."]')?.getAttribute('aria-label') ?? ''`;
const ROW = `[...document.querySelectorAll('[role="row"]')].find((row) => row.textContent.includes('BTC/USDT'))?.textContent.replace(/\\s/g, '') ?? ''`;
/** Longest time between two calls of a timer that is due every second, s. */
const TICKING = `window.gap = 0; { let last = performance.now(); setInterval(() => { const now = performance.now(); window.gap = Math.max(window.gap, (now - last) / 1000); last = now; }, 1000); }`;

const background: FaultRow = {
  id: 'F23', fault: 'tab in the background', injection: 'Chromium: another tab in front for 130 s, timers once a minute (10 min with --long); then frozen for 20 s', criterion: 'still connected, state current at once when looked at, no flood of messages',
  quick: false, limitSeconds: 240, longSeconds: 720, needs: needsBrowser,
  async run(trial) {
    const stage = await Stage.open(trial);
    const browser = await TabbedBrowser.launch(trial.long ? [] : [SOON_THROTTLED]);
    trial.defer(() => browser.close());
    const tab = await browser.open(`${stage.server.url}/market`);
    const live = async (): Promise<boolean> => String(await tab.evaluate(LAMPS)).includes('Market: live');
    const connected = (): number => stage.server.output().split('\n').filter((line) => line.includes('client connected')).length;
    /** The page is asked for the newest price that there is. */
    const shown = async (words: string, at: number): Promise<void> => {
      stage.halt();
      stage.next();
      const text = stage.truth.toLocaleString('en-US', { minimumFractionDigits: 2 });
      await timeUntil(async () => String(await tab.evaluate(ROW)).includes(text), 10_000, `the page shows ${text}`);
      trial.within(`${words}: shows the newest price after`, performance.now() - at, 2_000);
      stage.run();
    };
    await timeUntil(live, 30_000, 'the page is live');
    await tab.evaluate(TICKING);
    const usual = await framesIn(tab, 3_000);
    const connections = connected();
    await browser.open('about:blank');
    await timeUntil(async () => (await tab.evaluate('document.visibilityState')) === 'hidden', 5_000, 'the page is hidden');
    await pause(trial.long ? 600_000 : 130_000);
    const gap = Number(await tab.evaluate('window.gap'));
    trial.holds(`hidden, with a timer of 1 s called after up to ${gap.toFixed(0)} s`, gap > 30 && (await tab.evaluate('document.visibilityState')) === 'hidden');
    const at = performance.now();
    const flood = framesIn(tab, 3_000);
    await tab.show();
    await timeUntil(live, 5_000, 'live when it is looked at');
    await shown('looked at again', at);
    trial.holds(`connected all the time, ${connections} connections`, connected() === connections);
    trial.within(`frames in 3 s when it is looked at (usually ${usual})`, await flood, 2 * usual + 10, 'frames');
    await tab.lifecycle('frozen');
    await pause(20_000);
    await tab.lifecycle('active');
    const thawed = performance.now();
    await timeUntil(live, 10_000, 'live after it was frozen');
    trial.within('live after it was frozen, after', performance.now() - thawed, 5_000);
    await shown('frozen and active again', thawed);
    trial.holds('the console is empty', tab.complaints === 0);
    await stage.sane();
  },
};

async function framesIn(tab: Tab, ms: number): Promise<number> {
  const before = tab.frames;
  await pause(ms);
  return tab.frames - before;
}

export const BROWSER_ROWS: readonly FaultRow[] = [killed, background];
