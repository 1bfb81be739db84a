import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchBrowser, openPage, type OpenedPage } from '../support/browser';
import { FakeVenue } from '../support/fakeVenue';
import { startServer, type ServerProcess } from '../support/serverProcess';
import { waitFor } from '../support/waitFor';
import { ROUTES, Shell } from './pages';

/** Each would set `window.reached`, or change the page, where a text is taken for anything else than a text. */
const PAYLOADS = [
  '<img src=x onerror="window.reached=1">', '"><script>window.reached=2</script>', '<svg/onload=window.reached=3>', '<a href="javascript:window.reached=4">here</a>', 'javascript:window.reached=5',
  '</style><style>*{display:none}</style>', "{{constructor.constructor('window.reached=6')()}}", '\u202e<iframe srcdoc="<script>parent.reached=7</script>">', "';window.reached=8//",
] as const;

/** A venue in whose words, refusals and values those texts stand, a real server before it, and its page (S07). */
describe.skipIf(!chromiumPath)('texts of strangers (needs Chromium)', () => {
  let browser: Browser;
  let venue: FakeVenue;
  let server: ServerProcess;
  let opened: OpenedPage;
  let shell: Shell;
  let moving: NodeJS.Timeout;

  beforeAll(async () => {
    venue = await FakeVenue.start();
    [browser, server] = await Promise.all([launchBrowser(), startServer({ env: { TICKGLASS_FEED: 'binance', TICKGLASS_SYMBOLS: 'BTC/USDT,ETH/USDT', TICKGLASS_BINANCE_WS_URL: venue.wsUrl, TICKGLASS_BINANCE_REST_URL: venue.restUrl } })]);
    opened = await openPage(browser);
    shell = new Shell(opened.page, `${server.url}/`);
    let tick = 0;
    moving = setInterval(() => venue.trade('BTCUSDT', (100 + ((tick += 1) % 50) / 100).toFixed(2)), 100);
  });
  afterAll(async () => {
    clearInterval(moving);
    await browser.close();
    await server.stop();
    await venue.stop();
  });

  /** The venue says it in every way in which it can bring in a text of its own. */
  function say(text: string): void {
    for (const over of [{ p: text }, { q: text }, { t: text }, { T: text }, { s: text }]) venue.oddTrade('BTCUSDT', over);
    venue.quote('BTCUSDT', text, text);
    venue.raw(JSON.stringify({ error: { code: 2, msg: text }, id: 1 }));
    venue.raw(JSON.stringify({ stream: text, data: { e: text, s: text } }));
    venue.raw(text);
  }

  it('stay texts on every page: nothing runs, nothing is loaded, the policy is not even asked', async () => {
    await shell.open('market');
    await shell.streams(/Market: live/);
    for (const payload of PAYLOADS) {
      say(payload);
      await shell.page.goto(`${server.url}/market/${encodeURIComponent(payload)}?x=${encodeURIComponent(payload)}#${encodeURIComponent(payload)}`);
      await shell.page.getByRole('main').waitFor();
    }
    for (const { path } of ROUTES) {
      await shell.open(path);
      PAYLOADS.forEach(say);
    }
    await shell.open('status');
    // Not empty-handed: the venue's words have come as far as the page. The connection is ended with them, and the reason is shown.
    const [image] = PAYLOADS;
    venue.refuse = { status: 503 };
    venue.close(1008, image);
    await waitFor(async () => (await shell.page.getByText(image).count()) > 0, { timeoutMs: 20_000, message: 'the words of the venue on the page' });
    const marks = await shell.page.evaluate(() => [Reflect.get(globalThis, 'reached'), document.querySelectorAll('img[src="x"], iframe, svg[onload], a[href^="javascript:"]').length, getComputedStyle(document.body).display]);
    expect(marks).toEqual([undefined, 0, 'block']);
    expect(opened.complaints.all()).toEqual([]);
  }, 120_000);
});
