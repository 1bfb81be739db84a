import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchBrowser, openPage } from '../support/browser';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { repoRoot } from '../support/shared';
import { serveStatic, type StaticServer } from '../support/staticServer';
import { PriceTable, Shell } from './pages';

describe.skipIf(!chromiumPath)('the static bundle on another host, under a sub-path (needs Chromium)', () => {
  let browser: Browser;
  let host: StaticServer;
  let server: ServerProcess;

  beforeAll(async () => {
    [browser, host] = await Promise.all([launchBrowser(), serveStatic(join(repoRoot, 'dist'), '/some/where/')]);
    server = await startServer({ env: { TICKGLASS_ALLOWED_ORIGINS: host.origin } });
    host.setConfig({ server: server.url });
  });
  afterAll(async () => {
    await browser.close();
    await host.close();
    await server.stop();
  });

  it('finds its server by config.json, shows moving prices, and survives a reload of a deep link', async () => {
    const opened = await openPage(browser);
    const shell = new Shell(opened.page, host.url);
    await opened.page.goto(host.url);
    await shell.live();
    await new PriceTable(opened.page).movingPrice('ETH/USDT');
    expect(opened.page.url()).toBe(`${host.url}market`);

    await shell.open('market/BTC%2FUSDT');
    await shell.live();
    await opened.page.reload();
    await opened.page.getByRole('heading', { name: 'BTC/USDT', exact: true }).waitFor();
    await opened.page.getByRole('link', { name: 'Analysis' }).first().click();
    await opened.page.getByRole('heading', { name: 'Analysis', exact: true, level: 1 }).waitFor();
    expect(opened.page.url()).toBe(`${host.url}analysis`);
    await opened.page.reload();
    await shell.live();

    expect(host.missing).toEqual([]);
    expect(opened.complaints.all()).toEqual([]);
    await opened.close();
  });

  it('is refused by a server that does not list its origin, and says so instead of showing old prices', async () => {
    const strict = await startServer();
    const opened = await openPage(browser);
    try {
      host.setConfig({ server: strict.url });
      const shell = new Shell(opened.page, host.url);
      await opened.page.goto(host.url);
      await shell.streams(/Market: (retry|reconnecting|waiting|connecting|stopped)/);
      expect(await new PriceTable(opened.page).symbols()).toEqual([]);
      expect(opened.complaints.own()).toEqual(opened.complaints.own().filter((line) => /CORS policy/.test(line)));
    } finally {
      host.setConfig({ server: server.url });
      await opened.close();
      await strict.stop();
    }
  });
});
