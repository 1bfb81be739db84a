import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { err, ok } from '@/core/util/result';
import ActivityLog from '@/components/ActivityLog.vue';
import type { VenueInfo } from '@/core/contract';
import { diagnostics } from '@/panels/ConnectionPanel/diagnostics';
import { sourceName } from '@/panels/ConnectionPanel/receiptWords';
import VenuePanel from '@/panels/VenuePanel/VenuePanel.vue';
import { bookWords, budgetBar, messageAge, nextTry, reasonWords, venueFacts } from '@/panels/VenuePanel/venueWords';
import type { Api } from '@/service';
import { useConnectionStore } from '@/stores/connection';
import { freshStores, mountPanel, venue, type Mounted } from './support';

describe('words of a source', () => {
  it('the next try counts down and ends in trying', () => {
    const waiting = { nextAttemptInMs: 5_000 };
    expect([nextTry(waiting, 0), nextTry(waiting, 3_200), nextTry(waiting, 6_000), nextTry({ nextAttemptInMs: null }, 0)]).toEqual(['Next try in 5 s.', 'Next try in 2 s.', 'Trying now.', '']);
    expect(reasonWords({ reason: 'refused with 451.', nextAttemptInMs: 5_000 }, 0)).toBe('Refused with 451. Next try in 5 s.');
  });
  it('a budget says what is left and when it is whole again; little left is marked', () => {
    expect(budgetBar({ name: 'REST calls', per: 'day', limit: 25, used: 24, resetsInMs: 7_200_000 }, 3_600_000)).toEqual({ name: 'REST calls per day', used: 0.96, words: '1 of 25 left, whole again in 1 h', low: true });
    expect(budgetBar({ name: 'symbols', per: 'connection', limit: 50, used: 8, resetsInMs: null }, 0)).toMatchObject({ used: 0.16, words: '42 of 50 left', low: false });
    expect(budgetBar({ name: 'x', per: 'day', limit: 0, used: 0, resetsInMs: null }, 0)).toMatchObject({ used: 1 });
  });
  it('the age of the newest message stands between two reports of a source that delivers, and grows otherwise', () => {
    const age = (state: VenueInfo['state'], elapsed: number): string => messageAge({ lastMessageAgeMs: 400, state }, elapsed);
    expect([age('live', 4_900), age('live', 12_000), age('stale', 4_900), messageAge({ lastMessageAgeMs: null, state: 'off' }, 0)]).toEqual(['0 s old', '12 s old', '5 s old', 'none yet']);
  });
  it('facts name what is wrong and leave out what does not apply', () => {
    const plain = venueFacts(venue('okx', { circuit: null, books: {}, subscriptions: {} }));
    expect(plain.map((f) => f.label)).toEqual(['Leads', 'Reconnects', 'Clock', 'Key']);
    const troubled = venueFacts(venue('finnhub', { books: { ok: 2, gap: 1 }, fallback: true, circuit: 'open', thin: ['A'], silent: ['B'], keyVariable: 'FINNHUB_API_KEY', keySet: false, clockOffsetMs: 1_300 }));
    expect(troubled.filter((f) => f.amber).map((f) => `${f.label}: ${f.text}`)).toEqual([
      'Order books: 2 good, 1 with a gap', 'Requests: plain requests are paused after repeated failures', 'Route: by plain requests, as the stream does not deliver', 'Thin: far slower than usual: A',
      'Silent: connected, but nothing comes: B', 'Key: FINNHUB_API_KEY is not set',
    ]);
    expect(troubled.find((f) => f.label === 'Clock')?.text).toBe('1.3 s ahead of this server');
    expect(bookWords({ syncing: 3, stale: 0 })).toBe('3 loading');
  });
});

describe('sources of the server', () => {
  let mounted: Mounted;
  beforeEach(freshStores);
  afterEach(() => mounted.wrapper.unmount());

  async function show(venues: readonly VenueInfo[], more: Partial<Api> = {}): Promise<Mounted> {
    mounted = await mountPanel(VenuePanel, { api: { venues: () => Promise.resolve(ok(venues)), ...more } });
    await flushPromises();
    return mounted;
  }
  const button = (name: string) => {
    const found = mounted.wrapper.findAll('button').find((b) => (b.attributes('aria-label') ?? b.text()) === name);
    if (!found) throw new Error(`no button ${name} among ${mounted.wrapper.findAll('button').map((b) => b.text()).join('|')}`);
    return found;
  };

  it('one row each; the details open beneath with reasons, budgets and the notice of the source', async () => {
    const { wrapper } = await show([
      venue('binance', { leads: 2 }),
      venue('finnhub', { state: 'waiting', reason: 'no answer', nextAttemptInMs: 4_000, unserved: [{ symbol: 'XAU/USD', reason: 'not listed there' }, { symbol: 'XAG/USD', reason: 'not listed there' }], budgets: [{ name: 'symbols', per: 'connection', limit: 50, used: 8, resetsInMs: null }], attribution: { text: 'Data by somebody', url: 'https://example.org/' } }),
    ]);
    expect(wrapper.findAll('tbody')).toHaveLength(2);
    expect(wrapper.text()).toMatch(/waitingNo answer\. Next try in [34] s\./);
    expect(wrapper.text()).not.toContain('not listed there');
    await button('Name of finnhub').trigger('click');
    expect(button('Name of finnhub').attributes('aria-expanded')).toBe('true');
    expect(wrapper.text()).toContain('Does not serve 2, not listed there: XAU/USD, XAG/USD');
    expect(wrapper.text()).toContain('42 of 50 left');
    expect(wrapper.find('a').attributes()).toMatchObject({ href: 'https://example.org/', rel: 'noopener noreferrer' });
  });

  it('a source that leads is stopped only after a question, one that does not at once; the outcome is told', async () => {
    const asked: string[] = [];
    const { wrapper } = await show([venue('binance', { leads: 2 }), venue('okx')], { switchVenue: (id, to) => { asked.push(`${to} ${id}`); return Promise.resolve(ok(venue(id))); } });
    await button('Stop Name of binance').trigger('click');
    expect([asked, wrapper.text().includes('leads 2 symbols')]).toEqual([[], true]);
    await button('Keep it').trigger('click');
    expect(asked).toEqual([]);
    await button('Stop Name of okx').trigger('click');
    await flushPromises();
    await button('Stop Name of binance').trigger('click');
    await wrapper.find('.button--main').trigger('click');
    await flushPromises();
    expect(asked).toEqual(['stop okx', 'stop binance']);
    expect(wrapper.text()).toContain('Binance was stopped from this page.');
  });

  it.each([
    ['unauthorized', 'not signed in'],
    ['forbidden', 'may read everything, but only an administrator'],
    ['internal', 'An internal fault. Nothing was changed.'],
  ])('a refusal (%s) is told in words', async (code, words) => {
    const { wrapper } = await show([venue('okx', { canStop: false, canStart: true })], { switchVenue: () => Promise.resolve(err({ code, words: 'An internal fault' })) });
    await button('Start Name of okx').trigger('click');
    await flushPromises();
    expect(wrapper.text()).toContain('OKX was not started: ');
    expect(wrapper.text()).toContain(words);
    expect(useConnectionStore().activity[0]).toMatchObject({ level: 'warn', source: 'okx' });
  });

  it('without an answer the heartbeats speak; with an old one its age is told', async () => {
    useConnectionStore().setFeeds({ okx: { state: 'refused', age_ms: null, reason: 'status 451' } });
    const { wrapper } = await show([], { venues: () => Promise.resolve(err({ code: 'unreachable', words: 'The server did not answer' })) });
    expect(wrapper.text()).toContain('The server did not answer; asking again every 5 s. Below is what the heartbeats');
    expect(wrapper.text()).toContain('status 451');
  });

  it('asks again when a heartbeat tells of another state, and every five seconds, not when it is gone', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let calls = 0;
      await show([], { venues: () => { calls++; return Promise.resolve(ok([])); } });
      expect(calls).toBe(1);
      useConnectionStore().setFeeds({ okx: { state: 'stale', age_ms: 1 } });
      await flushPromises();
      expect(calls).toBe(2);
      await vi.advanceTimersByTimeAsync(5_000);
      expect(calls).toBe(3);
      mounted.wrapper.unmount();
      await vi.advanceTimersByTimeAsync(20_000);
      expect(calls).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });

  it('diagnostics hold every figure of a source', async () => {
    await show([]);
    const text = diagnostics({
      connection: useConnectionStore(), symbols: 1, app: '1', server: '', at: new Date(0), mono: 0,
      venues: [venue('okx', { thin: ['A'], unserved: [{ symbol: 'B', reason: 'why' }], budgets: [{ name: 'REST calls', per: 'minute', limit: 20, used: 3, resetsInMs: null }] })],
    });
    for (const part of ['source okx: live (delivers)', 'lag 42 ms', 'clock -3 ms', 'books 1 good', 'REST calls per minute 3/20', 'thin: A', 'unserved: B (why)', 'key none needed']) expect(text).toContain(part);
  });
});

describe('activity log', () => {
  let mounted: Mounted;
  beforeEach(freshStores);
  afterEach(() => mounted.wrapper.unmount());
  it('is narrowed by level, source and words, says so when nothing fits, and how many there are', async () => {
    const entries = [
      { id: 1, at: 0, level: 'info', source: 'market', text: 'Live' }, { id: 2, at: 0, level: 'warn', source: 'okx', text: 'silent for 15 s' }, { id: 3, at: 0, level: 'info', source: 'okx', text: 'delivers again' },
    ] as const;
    mounted = await mountPanel(ActivityLog, { props: { entries, zone: 'UTC', names: sourceName, filters: true } });
    const { wrapper } = mounted;
    const lines = (): string[] => wrapper.findAll('.log__text').map((l) => l.text());
    await wrapper.find('select').setValue('okx');
    expect([lines(), wrapper.findAll('option').map((o) => o.text())]).toEqual([['Warning: silent for 15 s', 'delivers again'], ['All sources', 'Market', 'OKX']]);
    await wrapper.find('input').setValue('AGAIN');
    expect(lines()).toEqual(['delivers again']);
    await wrapper.find('input').setValue('nothing like it');
    expect(wrapper.text()).toContain('None of the 3 entries fits.');
    await wrapper.find('.log__clear').trigger('click');
    expect(lines()).toHaveLength(3);
  });
});
