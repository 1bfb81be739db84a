// @vitest-environment node
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createClient, type Client, type WebSocketConstructor } from '@/service';
import { TabSharing, type TabsState } from '@/service/tabs';
import { quote, startHub, type Running } from '../../server/hub/support';
import { FakeBrowser, type FakeTab } from '../../support/fakeTabs';
import { waitFor } from '../../support/waitFor';

/** One page: its own client with its own sockets, sharing with the other tabs of the browser. */
interface Page {
  readonly tab: FakeTab;
  readonly client: Client;
  readonly sharing: TabSharing;
  readonly states: string[];
  readonly notes: string[];
  readonly role: () => TabsState;
  /** Open sockets of this page to the server. */
  open(): number;
  price(symbol?: string): number | null | undefined;
  /** The link of this page breaks. */
  cut(): void;
  /** As a crash does: the sockets die with the page. */
  crash(): void;
}

let hub: Running;
let browser: FakeBrowser;
let pages: Page[];
beforeEach(async () => {
  [hub, browser, pages] = [await startHub({ heartbeatMs: 500 }), new FakeBrowser(), []];
  hub.owner.quotes(quote('BTC/USDT', 100), quote('ETH/USDT', 5), quote('AAPL', 190));
});
afterEach(async () => {
  for (const page of pages) {
    page.tab.goOn();
    page.sharing.stop();
    page.client.disconnectAll();
    page.crash();
  }
  await hub.stop();
});

function openPage(): Page {
  const tab = browser.open();
  const sockets: WebSocket[] = [];
  class Recorded extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const client = createClient({ server: `http://127.0.0.1:${hub.port}`, WebSocket: Recorded as unknown as WebSocketConstructor, random: () => 0.05, environment: tab.environment, timers: tab.timers });
  const states: string[] = [];
  const notes: string[] = [];
  let role: TabsState = { role: 'alone', others: 0 };
  client.on('stream', ({ name, state }) => { if (name === 'market' && states.at(-1) !== state) states.push(state); });
  client.on('activity', ({ text }) => notes.push(text));
  client.connect();
  const sharing = new TabSharing({ client, platform: tab.platform, scope: 'test', changed: (state) => (role = state) });
  const page: Page = {
    tab, client, sharing, states, notes, role: () => role,
    open: () => sockets.filter((s) => s.readyState === WebSocket.OPEN).length,
    price: (symbol = 'BTC/USDT') => client.getPrice(symbol)?.data.price,
    cut: () => {
      for (const socket of sockets) socket.terminate();
    },
    crash: () => {
      tab.kill();
      client.disconnectAll();
      for (const socket of sockets) socket.terminate();
    },
  };
  pages.push(page);
  return page;
}
const live = (page: Page): Promise<unknown> => waitFor(() => page.client.status('market')?.state === 'live', { message: () => `live; ${page.states.join(' ')}` });
/** Prices move, as a market's do: without that nothing tells that a newcomer is level with the others. */
const shared = (page: Page): Promise<unknown> => waitFor(() => page.open() === 0 && page.role().role === 'follows', { timeoutMs: 8_000, message: () => `shares; ${String(page.open())} sockets, ${page.role().role}` });
async function two(): Promise<[Page, Page]> {
  const first = openPage();
  await waitFor(() => browser.holder('test') === first.tab);
  const second = openPage();
  await Promise.all([live(first), live(second)]);
  await shared(second);
  return [first, second];
}
async function sees(page: Page, price: number): Promise<void> {
  hub.owner.quotes(quote('BTC/USDT', price));
  await waitFor(() => page.price() === price, { message: () => `${String(price)} arrives; ${String(page.price())}; ${page.states.join(' ')}` });
}

describe('tabs that share one set of connections, against the real hub', { timeout: 30_000 }, () => {
  it('a tab starts with its own, then lives from those of the first: three sockets in all, the same values, never less than live', async () => {
    const [first, second] = await two();
    expect([first.open(), second.open()]).toEqual([3, 0]);
    expect(second.client.status('market')).toMatchObject({ state: 'live', shared: true, reconnects: 0 });
    expect(first.client.status('market')).toMatchObject({ shared: false });
    expect([first.role(), second.role()]).toEqual([{ role: 'leads', others: 1 }, { role: 'follows', others: 1 }]);
    await sees(second, 101);
    expect(first.price()).toBe(101);
    expect(second.states).toEqual(['connecting', 'hello', 'syncing', 'live']);
  });

  it('a view of the second tab gets its channel, and the connections are shared again after', async () => {
    const [first, second] = await two();
    hub.owner.set('sparkline', { AAPL: { end_time: 1, step_ms: 60_000, closes: [1, 2], quality: 'live' } });
    const closes: unknown[] = [];
    const stop = second.client.subscribeChannel('sparkline', (change) => { if (change.family === 'sparkline') closes.push(...change.updates.map((u) => u.value?.closes)); });
    await waitFor(() => closes.length > 0);
    await shared(second);
    hub.owner.set('sparkline', { AAPL: { end_time: 2, step_ms: 60_000, closes: [2, 3], quality: 'live' } });
    await waitFor(() => closes.length > 1);
    expect(closes.at(-1)).toEqual([2, 3]);
    expect([first.open(), second.open()]).toEqual([3, 0]);
    expect(second.states.at(-1)).toBe('live');
    stop();
  });

  it.each(['closed', 'crashed'] as const)('the first tab is %s: the second goes on from its position without a break in what is shown', async (how) => {
    const [first, second] = await two();
    const third = openPage();
    await live(third);
    await shared(third);
    if (how === 'closed') first.tab.fire('sleep');
    first.crash();
    await sees(second, 111);
    await sees(third, 112);
    expect([second.open(), third.open()]).toEqual([3, 0]);
    expect(second.states).not.toContain('backoff');
    expect(third.states.at(-1)).toBe('live');
    expect(second.notes.join()).not.toContain('loaded anew');
    expect([second.role(), third.role()]).toEqual([{ role: 'leads', others: 1 }, { role: 'follows', others: 1 }]);
  });

  it('the first tab hangs with its lock: the second takes over within five seconds; the first follows when it goes on', async () => {
    const [first, second] = await two();
    first.tab.hang();
    hub.owner.quotes(quote('BTC/USDT', 120));
    await waitFor(() => second.price() === 120, { timeoutMs: 5_000, message: () => `taken over; ${second.states.join(' ')}` });
    expect(browser.holder('test')).toBe(second.tab);
    expect(second.states).not.toContain('backoff');
    first.tab.goOn();
    await shared(first);
    await sees(first, 121);
    expect([first.open(), second.open()]).toEqual([0, 3]);
  });

  it('a page in the back-forward cache gives the lead away and follows when it comes back', async () => {
    const [first, second] = await two();
    first.tab.fire('sleep');
    await waitFor(() => first.open() === 0 && second.open() === 3);
    expect(second.states).not.toContain('backoff');
    await sees(second, 130);
    first.tab.fire('wake');
    await live(first);
    await shared(first);
    await sees(first, 131);
    expect(first.notes.join()).toContain('made up for');
  });

  it('the server is gone and back: both say so, one connects, both have everything', async () => {
    const [first, second] = await two();
    for (const page of pages) page.states.length = 0;
    const { port } = hub;
    const reasons: string[] = [];
    second.client.on('stream', ({ name, state, reason }) => {
      if (name === 'market' && state === 'backoff') reasons.push(reason);
    });
    await hub.stop();
    await waitFor(() => second.client.status('market')?.state === 'backoff');
    // The words of the tab that had the connection: this one never heard a close code. A first try in vain may have followed by now.
    expect(reasons[0]).toBe('The server is being updated');
    expect(second.client.getPrice('BTC/USDT')?.stale).toBe(true);
    hub = await startHub({ heartbeatMs: 500 }, {}, port);
    hub.owner.reset('market', 'e2');
    hub.owner.quotes(quote('BTC/USDT', 140));
    await waitFor(() => first.price() === 140 && second.price() === 140, { timeoutMs: 20_000, message: () => `both have it; ${first.states.join(' ')}; ${second.states.join(' ')}` });
    await waitFor(() => second.client.status('market')?.state === 'live');
    await waitFor(() => first.open() === 3, { timeoutMs: 10_000, message: 'all three streams are back' });
    expect(second.open()).toBe(0);
    expect(second.notes.join()).toContain('Live again');
  });

  it('turned off, each has its own again; nothing is lost in between', async () => {
    const [first, second] = await two();
    second.sharing.stop();
    await waitFor(() => second.open() === 3);
    await sees(second, 150);
    expect(first.role().role).not.toBe('follows');
    expect(second.states.at(-1)).toBe('live');
    first.sharing.stop();
    await sees(first, 151);
  });

  it('whatever befalls them: at rest all show what the server has, over three sockets', async () => {
    const price = fc.integer({ min: 1, max: 10_000 });
    const which = fc.nat(5);
    const step = fc.oneof(
      fc.tuple(fc.constant('quote'), price), fc.tuple(fc.constant('open'), which), fc.tuple(fc.constant('crash'), which), fc.tuple(fc.constant('sleep'), which), fc.tuple(fc.constant('wake'), which),
      fc.tuple(fc.constant('hang'), which), fc.tuple(fc.constant('cut'), which), fc.tuple(fc.constant('pass'), fc.constantFrom(1, 30, 400)),
    );
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 14 }), async (steps) => {
      for (const page of pages.splice(0)) page.crash();
      openPage();
      for (const [kind, n] of steps) {
        const page = pages[n % pages.length];
        if (kind === 'quote') hub.owner.quotes(quote('BTC/USDT', n), quote('AAPL', n + 1));
        else if (kind === 'open' && pages.length < 4) openPage();
        else if (kind === 'crash' && pages.length > 1 && page) pages.splice(pages.indexOf(page), 1)[0]?.crash();
        else if (kind === 'sleep' || kind === 'wake') page?.tab.fire(kind);
        else if (kind === 'hang') page?.tab.hang();
        else if (kind === 'cut') page?.cut();
        else if (kind === 'pass') await delay(n);
      }
      for (const { tab } of pages) {
        tab.goOn();
        tab.fire('wake');
      }
      hub.owner.quotes(quote('BTC/USDT', 20_001), quote('ETH/USDT', 20_002));
      const differs = (page: Page): boolean => ['BTC/USDT', 'ETH/USDT', 'AAPL'].some((symbol) => page.price(symbol) !== pages[0]?.price(symbol)) || page.price() !== 20_001 || page.price('ETH/USDT') !== 20_002;
      const open = (): number => pages.reduce((sum, page) => sum + page.open(), 0);
      await waitFor(() => {
        // A market does not stand still; a newcomer learns by that that it is level.
        hub.owner.quotes(quote('EUR/USD', performance.now()));
        return !pages.some(differs) && open() === 3 && pages.every((page) => page.client.status('market')?.state === 'live');
      }, { timeoutMs: 25_000, message: () => `all the same over three sockets; ${pages.map((p) => `${p.tab.id} ${String(p.open())} ${p.role().role} ${String(p.price())} ${p.states.slice(-3).join(' ')}`).join('; ')}` });
    }), { numRuns: 12 });
  }, 120_000);

  it('a tab whose table is numbered otherwise never reads the rows of another connection by its own numbers', async () => {
    const [first, second] = await two();
    // The tables of the next connection begin with another symbol.
    first.tab.hang();
    hub.owner.quotes(quote('EUR/USD', 1), quote('AAPL', 191), quote('ETH/USDT', 6), quote('BTC/USDT', 160));
    await waitFor(() => second.price() === 160, { timeoutMs: 6_000 });
    first.tab.goOn();
    await shared(first);
    hub.owner.quotes(quote('EUR/USD', 2), quote('ETH/USDT', 7));
    await waitFor(() => first.price('ETH/USDT') === 7);
    for (const symbol of ['BTC/USDT', 'ETH/USDT', 'AAPL', 'EUR/USD']) expect([symbol, first.price(symbol)]).toEqual([symbol, second.price(symbol)]);
    expect([first.price('EUR/USD'), first.price('AAPL')]).toEqual([2, 191]);
  });
});
