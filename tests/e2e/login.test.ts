import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations, chromiumPath, launchBrowser, openPage, type OpenedPage } from '../support/browser';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { repoRoot } from '../support/shared';
import { serveStatic, type StaticServer } from '../support/staticServer';
import { waitFor } from '../support/waitFor';
import { PriceTable, ROUTES, Shell } from './pages';

/** Keys of venues; nobody is asked with them, as nothing but the simulator runs. */
const KEYS = { FINNHUB_API_KEY: 'canaryFh7f39a0b12', TWELVE_DATA_API_KEY: 'canaryTd1c48e2d34', ALPHA_VANTAGE_API_KEY: 'canaryAv5b60f1e56', COINGECKO_API_KEY: 'canaryCg2d73c9a78' };
const TOKENS = { TICKGLASS_TOKEN: 'admin-'.padEnd(40, 'a'), TICKGLASS_VIEWER_TOKEN: 'viewer-'.padEnd(40, 'v') };

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.keyboard.press('Enter');
}

describe.skipIf(!chromiumPath)('a server that asks who one is (needs Chromium)', () => {
  let browser: Browser;
  let host: StaticServer;
  let server: ServerProcess;
  let opened: OpenedPage;

  beforeAll(async () => {
    [browser, host] = await Promise.all([launchBrowser(), serveStatic(join(repoRoot, 'dist'), '/some/where/')]);
    server = await startServer({ env: { ...TOKENS, ...KEYS, TICKGLASS_ALLOWED_ORIGINS: host.origin } });
    host.setConfig({ server: server.url });
  });
  afterAll(async () => {
    await browser.close();
    await host.close();
    await server.stop();
  });
  const fresh = async (): Promise<Page> => (opened = await openPage(browser)).page;

  it('leads to the sign-in page, which is usable by everybody, and back to the page that was wanted', async () => {
    const page = await fresh();
    await page.goto(`${server.url}/market/BTC%2FUSDT?x=1`);
    await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(opened.complaints.all()).toEqual([]);

    await signIn(page, 'not the token');
    await page.getByText('This token is not known here').waitFor();
    expect(new URL(page.url()).pathname).toBe('/login');

    await signIn(page, TOKENS.TICKGLASS_VIEWER_TOKEN);
    await page.getByRole('heading', { name: 'BTC/USDT', exact: true, level: 1 }).waitFor();
    expect(page.url()).toBe(`${server.url}/market/BTC%2FUSDT?x=1`);
    await new Shell(page, `${server.url}/`).live();
    // Nothing of it can be read by a script, nor stands in an address.
    expect(await page.evaluate(() => [document.cookie, JSON.stringify({ ...localStorage, ...sessionStorage }), location.href].join(' '))).not.toMatch(/viewer-v|tickglass=/);
    expect(opened.complaints.own()).toEqual([]);
    await opened.close();
  });

  it('shows a viewer no button that would only be refused, and works on every page without a violation of its policy', async () => {
    const page = await fresh();
    const shell = new Shell(page, `${server.url}/`);
    await page.goto(`${server.url}/status`);
    await signIn(page, TOKENS.TICKGLASS_VIEWER_TOKEN);
    await page.getByRole('heading', { name: 'Streams', level: 1 }).waitFor();
    for (const { path } of ROUTES) {
      await shell.open(path);
      await shell.live();
    }
    await shell.open('status');
    await page.getByRole('row', { name: /Simulator/ }).waitFor();
    await waitFor(async () => (await page.getByRole('button', { name: /^(Start|Stop|Save bug)/ }).count()) === 0, { message: 'no button to start, stop or save anything' });
    expect(opened.complaints.all()).toEqual([]);
    await opened.close();
  });

  it('lets an administrator stop and start a source from the page', async () => {
    const page = await fresh();
    await page.goto(`${server.url}/status`);
    await signIn(page, TOKENS.TICKGLASS_TOKEN);
    await page.getByRole('button', { name: 'Start recording' }).click();
    await page.getByRole('button', { name: 'Stop recording' }).click();
    await page.getByRole('button', { name: 'Start recording' }).waitFor();
    expect(opened.complaints.all()).toEqual([]);
    await opened.close();
  });

  it('leaves no token, session, cookie or key of a venue in the source of any page, in what it keeps, or in an address (S12)', async () => {
    const page = await fresh();
    const shell = new Shell(page, `${server.url}/`);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('websocket', (socket) => asked.push(socket.url()));
    await page.goto(`${server.url}/status`);
    await signIn(page, TOKENS.TICKGLASS_TOKEN);
    await page.getByRole('heading', { name: 'Streams', level: 1 }).waitFor();
    const secrets = [...Object.values(TOKENS), ...Object.values(KEYS), ...(await opened.context.cookies()).map(({ value }) => value)];
    expect(secrets).toHaveLength(7);
    for (const { path } of ROUTES) {
      await shell.open(path);
      await shell.live();
      const kept = await page.evaluate(async () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state, await indexedDB.databases(), await caches.keys()]));
      const places = { source: await page.content(), kept, addresses: asked.join(' ') };
      expect(Object.entries(places).flatMap(([place, text]) => secrets.filter((secret) => text.includes(secret)).map(() => `${path}: ${place}`))).toEqual([]);
    }
    expect(asked.length).toBeGreaterThan(10);
    await opened.close();
  });

  it('signs out in all tabs: one is at the sign-in page, the others say that they stand still, and nothing is tried in a loop', async () => {
    const page = await fresh();
    await page.goto(`${server.url}/market`);
    await signIn(page, TOKENS.TICKGLASS_VIEWER_TOKEN);
    await new Shell(page, `${server.url}/`).live();
    const other = await opened.context.newPage();
    await other.goto(`${server.url}/market`);
    await new PriceTable(other).movingPrice('BTC/USDT');
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out').waitFor();
    await other.getByRole('alert').getByText(/Signed out at \d\d:\d\d:\d\d UTC/).waitFor();
    // What was on the screen is still there to be read; the way back is a link.
    expect((await new PriceTable(other).symbols()).length).toBeGreaterThan(5);
    const navigations: string[] = [];
    other.on('framenavigated', (frame) => navigations.push(frame.url()));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(navigations).toEqual([]);
    await other.getByRole('link', { name: 'Sign in again' }).click();
    await other.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
    await signIn(other, TOKENS.TICKGLASS_VIEWER_TOKEN);
    await new Shell(other, `${server.url}/`).live();
    expect(new URL(other.url()).pathname).toBe('/market');
    await opened.close();
  });

  it('leads nowhere but into its own pages after the sign-in', async () => {
    const page = await fresh();
    for (const to of ['https://evil.example/', '//evil.example/', '/\\evil.example', 'javascript:alert(1)', '/login?to=/login']) {
      await page.goto(`${server.url}/login?to=${encodeURIComponent(to)}`);
      await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
      if (await page.getByLabel('Token', { exact: true }).isVisible()) await signIn(page, TOKENS.TICKGLASS_VIEWER_TOKEN);
      else await page.getByRole('button', { name: 'Open the market' }).click();
      await page.getByRole('heading', { name: 'Market', exact: true, level: 1 }).waitFor();
      expect(new URL(page.url()).origin).toBe(server.url);
      await opened.context.clearCookies();
    }
    await opened.close();
  });

  it('serves a page on another host: session by header, tickets for the sockets, until the tab is closed', async () => {
    const page = await fresh();
    await page.goto(`${host.url}market`);
    await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/some/where/login');
    await signIn(page, TOKENS.TICKGLASS_VIEWER_TOKEN);
    const shell = new Shell(page, host.url);
    await shell.live();
    await new PriceTable(page).movingPrice('BTC/USDT');
    await page.reload();
    await shell.live();
    expect(await opened.context.cookies()).toEqual([]);
    const tab = await opened.context.newPage();
    await tab.goto(`${host.url}market`);
    await tab.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
    await opened.close();
  });

  it('a page on another port of this machine can open no socket and change nothing (S01)', async () => {
    const page = await fresh();
    await page.goto(`${server.url}/login`);
    await signIn(page, TOKENS.TICKGLASS_TOKEN);
    await new Shell(page, `${server.url}/`).live();
    const stranger = await serveStatic(join(repoRoot, 'dist'), '/');
    const evil = await opened.context.newPage();
    // The page of the stranger itself must not matter: a file of it without a policy.
    await evil.goto(`${stranger.origin}/icon.svg`);
    const tried = await evil.evaluate(async (target) => {
      const socket = await new Promise<number>((resolve) => {
        const ws = new WebSocket(`${target.replace('http', 'ws')}/ws/market/stream`);
        ws.onclose = (event) => resolve(event.code);
        ws.onmessage = () => resolve(0);
      });
      const asked = async (init: RequestInit): Promise<string> => fetch(`${target}/api/v1/recordings`, { credentials: 'include', ...init }).then((answer) => `${answer.type} ${String(answer.status)}`, () => 'refused');
      return [socket, await asked({}), await asked({ method: 'POST', mode: 'no-cors', body: '{"action":"start"}', headers: { 'content-type': 'text/plain' } })];
    }, server.url);
    expect(tried).toEqual([1006, 'refused', 'refused']);
    const recordings = (await (await fetch(`${server.url}/api/v1/recordings`, { headers: { authorization: `Bearer ${TOKENS.TICKGLASS_TOKEN}` } })).json()) as { running: unknown };
    expect(recordings.running).toBeNull();
    await stranger.close();
    await opened.close();
  });
});
