import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath, launchBrowser, openPage, type OpenedPage } from '../support/browser';
import { freePort, startServer, type ServerProcess } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';
import { PriceTable, Shell } from './pages';

describe.skipIf(!chromiumPath)('the page when its server or its network goes (needs Chromium)', () => {
  let browser: Browser;
  let port: number;
  let server: ServerProcess;
  let opened: OpenedPage;
  let shell: Shell;
  let table: PriceTable;
  const start = (): Promise<ServerProcess> => startServer({ env: { TICKGLASS_PORT: String(port) } });

  beforeAll(async () => {
    [browser, port] = await Promise.all([launchBrowser(), freePort()]);
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    server = await start();
    opened = await openPage(browser);
    shell = new Shell(opened.page, `${server.url}/`);
    table = new PriceTable(opened.page);
    await shell.open('market');
    await shell.live();
    await table.movingPrice('BTC/USDT');
  });
  afterEach(async () => {
    await opened.close();
    await server.stop('SIGKILL');
  });

  it('says in words that the server was killed, keeps the last values, and recovers by itself when it is back', async () => {
    await server.stop('SIGKILL');
    await shell.streams(/Market: (retry|reconnecting|waiting|connecting)/);
    expect(await table.cell('BTC/USDT', 'Last')).toMatch(/\d/);

    // The connection panel names the reason and the next step, not a code.
    await shell.lamps.click();
    const dialog = opened.page.getByRole('dialog');
    await waitFor(async () => /cannot be reached|was lost|closed the connection/.test(await dialog.innerText()), { message: 'the reason in words' });
    await opened.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });

    server = await start();
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
});
