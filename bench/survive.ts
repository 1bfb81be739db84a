import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext } from 'playwright-core';
import { PriceTable, Shell } from '../tests/e2e/pages';
import { chromiumPath, launchBrowser, leave, openPage } from '../tests/support/browser';
import { freePort, startServer, type ServerProcess } from '../tests/support/serverProcess';
import { quantile, type Figure } from './figure';

/** A page must be live again within this after what cut it off has ended, and another tab must have taken over, ms. */
const BUDGET_MS = 5_000;
const ROUNDS = 5;
/** Longer than the ten seconds after which a connection counts as healthy, so that each round begins alike. */
const HEALTHY_MS = 11_000;
const LIVE = /Market: live, Signals: live, Sentiment: live/;

async function until(condition: () => Promise<boolean>, maxMs = 60_000): Promise<number> {
  const began = performance.now();
  while (!(await condition())) {
    if (performance.now() - began > maxMs) return NaN;
    await sleep(20);
  }
  return performance.now() - began;
}
const figure = (name: string, samples: readonly number[], note: string): Figure => ({ name, value: Math.max(...samples), unit: 'ms', budget: BUDGET_MS, bound: 'at most', note: `worst of ${samples.length}, median ${quantile(samples, 0.5).toFixed(0)}; ${note}` });

async function times(rounds: number, once: () => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < rounds; i++) samples.push(await once());
  return samples;
}

/** One page and one server: what befalls them, and how long after its end the page is live. */
async function onePage(browser: Browser): Promise<Figure[]> {
  const port = await freePort();
  const start = (): Promise<ServerProcess> => startServer({ env: { TICKGLASS_PORT: String(port) } });
  let server = await start();
  const { page, context, close } = await openPage(browser);
  const shell = new Shell(page, `${server.url}/`);
  const live = async (): Promise<boolean> => LIVE.test(await shell.streamWords());
  const down = async (): Promise<boolean> => !(await live());
  await shell.open('market');
  await shell.live();
  await sleep(HEALTHY_MS);
  const anew = (signal: NodeJS.Signals) => async (): Promise<number> => {
    const ended = server.stop(signal);
    await until(down);
    await ended;
    server = await start();
    const took = await until(live);
    await sleep(HEALTHY_MS);
    return took;
  };
  try {
    return [
      figure('survive: kill -9 and restart', await times(ROUNDS, anew('SIGKILL')), 'from the new process listening'),
      figure('survive: deploy', await times(ROUNDS, anew('SIGTERM')), 'goaway, orderly stop, from the new process listening'),
      figure('survive: back from the back-forward cache', await times(ROUNDS, async () => {
        const back = await leave(page, `${server.url}/health`);
        await sleep(2_000);
        const began = performance.now();
        if (!(await back())) return NaN;
        await until(live);
        return performance.now() - began;
      }), 'from history.back()'),
      figure('survive: network gone for 3 s', await times(ROUNDS, async () => {
        await context.setOffline(true);
        await until(down);
        await sleep(3_000);
        await context.setOffline(false);
        return until(live);
      }), 'from the online event'),
      figure('survive: server stands still for 15 s', await times(2, async () => {
        process.kill(server.pid, 'SIGSTOP');
        await sleep(15_000);
        process.kill(server.pid, 'SIGCONT');
        return until(live);
      }), 'from SIGCONT'),
    ];
  } finally {
    await close();
    await server.stop('SIGKILL');
  }
}

/** Two tabs, of which the first connects: how long after its end the second has connections of its own. */
async function twoTabs(browser: Browser): Promise<Figure[]> {
  const server = await startServer();
  const sockets = async (): Promise<number> => Number(/tickglass_clients\{stream="market"\} (\d+)/.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1] ?? 0);
  const open = async (context: BrowserContext): Promise<Shell> => {
    const shell = new Shell(await context.newPage(), `${server.url}/`);
    await shell.open('market');
    await shell.live();
    return shell;
  };
  async function after(end: (first: Shell, context: BrowserContext) => Promise<void>, taken: number): Promise<number> {
    const { context, close } = await openPage(browser);
    try {
      const [first, second] = [await open(context), await open(context)];
      await until(async () => (await sockets()) === 1);
      await sleep(1_000);
      const began = performance.now();
      await end(first, context);
      if (taken === 1) await until(async () => (await sockets()) === 0, 100);
      await until(async () => (await sockets()) === taken, 10_000);
      const took = performance.now() - began;
      await new PriceTable(second.page).movingPrice('BTC/USDT');
      return LIVE.test(await second.streamWords()) ? took : NaN;
    } finally {
      await close();
    }
  }
  try {
    return [
      figure('tabs: the one that connects is closed', await times(ROUNDS, () => after((first) => first.page.close(), 1)), 'until the other has its sockets'),
      figure('tabs: it hangs', await times(ROUNDS, () => after((first) => {
        void first.page.evaluate(() => {
          const until = performance.now() + 8_000;
          while (performance.now() < until);
        }).catch(() => undefined);
        return Promise.resolve();
      }, 2)), 'its event loop is blocked for 8 s'),
    ];
  } finally {
    await server.stop('SIGKILL');
  }
}

/** How soon a page is live again after what befalls it. */
export async function measureSurvive(): Promise<Figure[]> {
  if (chromiumPath === null) throw new Error('survive: needs Chromium');
  const browser = await launchBrowser([], { cachesPages: true });
  try {
    return [...(await onePage(browser)), ...(await twoTabs(browser))];
  } finally {
    await browser.close();
  }
}
