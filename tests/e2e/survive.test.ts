import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath, launchBrowser, leave, openPage, type OpenedPage } from '../support/browser';
import { freePort, startServer, type ServerProcess } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';
import { PriceTable, Shell } from './pages';

describe.skipIf(!chromiumPath)('a page that lives through what befalls it (needs Chromium)', () => {
  let browser: Browser;
  let port: number;
  let server: ServerProcess;
  let opened: OpenedPage;
  let shell: Shell;
  let table: PriceTable;
  const start = (): Promise<ServerProcess> => startServer({ env: { TICKGLASS_PORT: String(port) } });

  beforeAll(async () => {
    [browser, port] = await Promise.all([launchBrowser([], { cachesPages: true }), freePort()]);
    server = await start();
  });
  afterAll(async () => {
    await browser.close();
    await server.stop('SIGKILL');
  });
  beforeEach(async () => {
    opened = await openPage(browser);
    shell = new Shell(opened.page, `${server.url}/`);
    table = new PriceTable(opened.page);
    await shell.open('market');
    await shell.live();
    await table.movingPrice('BTC/USDT');
  });
  afterEach(() => opened.close());

  async function activity(): Promise<string> {
    await shell.lamps.click();
    const words = await opened.page.getByRole('dialog').innerText();
    await opened.page.keyboard.press('Escape');
    return words;
  }

  it('frozen in the back-forward cache and shown again: the same page, live with the receipt', async () => {
    const back = await leave(opened.page, `${server.url}/health`);
    // The page closed its sockets by itself: the server has none of it any more.
    await waitFor(async () => /tickglass_clients\{stream="market"\} 0/.test(await (await fetch(`${server.url}/metrics`)).text()), { message: 'the frozen page has let go' });
    expect(await back()).toBe(true);
    await shell.live(5_000);
    await table.movingPrice('BTC/USDT');
    expect(await activity()).toMatch(/Prices[^.:]*: missed \d+ changes?, all made up for/);
    expect(opened.complaints.own()).toEqual([]);
  });

  it('a server that stands still is told, and one that goes on in time is not connected anew', async () => {
    process.kill(server.pid, 'SIGSTOP');
    try {
      await shell.streams(/Market: silent/, 12_000);
      expect(await table.cell('BTC/USDT', 'Last')).toMatch(/\d/);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    await shell.live(5_000);
    await table.movingPrice('BTC/USDT');
    const words = await activity();
    expect(words).toContain('Data arrives again');
    expect(words).not.toContain('Live again');
  });

  it('a deploy (orderly stop, new process): says that the server is being updated, and is live by itself', async () => {
    const stopping = server.stop('SIGTERM');
    await shell.streams(/Market: (retry|reconnecting|waiting|connecting)/);
    expect(await stopping).toBe(0);
    server = await start();
    await shell.live(15_000);
    await table.movingPrice('BTC/USDT');
    expect(await activity()).toMatch(/being updated|says goodbye/);
    expect(opened.complaints.own()).toEqual([]);
  });

  it('says in words that the server was killed, keeps the last values, and recovers by itself when it is back', async () => {
    // On a busy machine the panel may still be on its way.
    await activity();
    await server.stop('SIGKILL');
    try {
      await shell.streams(/Market: (retry|reconnecting|waiting|connecting)/);
      expect(await table.cell('BTC/USDT', 'Last')).toMatch(/\d/);

      // The connection panel names the reason and the next step, not a code.
      await shell.lamps.click();
      const dialog = opened.page.getByRole('dialog');
      let words = '';
      await waitFor(async () => /cannot be reached|was lost|closed the connection/.test(words = await dialog.innerText()), { message: () => `the reason in words; it says "${words}"` });
      await opened.page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
    } finally {
      server = await start();
    }
    await shell.live(40_000);
    await table.movingPrice('BTC/USDT');
    await shell.panel(/^Prices/).getByText(/^SIMULATED\b/).first().waitFor();
    expect(opened.complaints.own()).toEqual([]);
  });

  it('marks the prices while the machine has no network and goes on after it', async () => {
    await opened.context.setOffline(true);
    await shell.streams(/Market: offline/);
    expect(await table.cell('BTC/USDT', 'Last')).toMatch(/\d/);
    await opened.context.setOffline(false);
    await shell.live(40_000);
    await table.movingPrice('BTC/USDT');
    expect(opened.complaints.own()).toEqual([]);
  });

  it('the network changes under it: a connection that answers stays', async () => {
    await opened.page.evaluate(() => {
      Reflect.get(navigator, 'connection')?.dispatchEvent(new Event('change'));
    });
    await table.movingPrice('BTC/USDT');
    expect(await shell.streamWords()).toMatch(/Market: live/);
    expect(await activity()).not.toContain('Live again');
  });
});
