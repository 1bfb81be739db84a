import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diagnostics } from '@/panels/ConnectionPanel/diagnostics';
import { clockWords, latencyRows } from '@/panels/ConnectionPanel/latencyRows';
import { receiptWords, tabsWords } from '@/panels/ConnectionPanel/receiptWords';
import { streamWords } from '@/panels/ConnectionPanel/streamWords';
import StreamCard from '@/panels/ConnectionPanel/StreamCard.vue';
import { feedLabel } from '@/panels/useFeedLabel';
import { feedTimeNow, speedText } from '@/panels/shell/feedClock';
import { findItems, PALETTE_LIMIT, type PaletteAction } from '@/panels/shell/paletteItems';
import type { FeedMode, ReceiptMessage } from '@/core/contract';
import { useConnectionStore } from '@/stores/connection';
import type { StreamState } from '@/stores/types';
import { freshStores, instrument, mountPanel, stream, type Mounted } from './support';

const STATES: readonly StreamState[] = ['idle', 'connecting', 'hello', 'syncing', 'live', 'stale', 'backoff', 'offline', 'stopped'];

describe('streamWords', () => {
  const at = (state: StreamState, change = {}) => streamWords(stream('market', { state, since: 10_000, lastMessageAt: 9_000, ...change }), 24_000);

  it('has words for every state, and a full disc for none but live', () => {
    for (const state of STATES) {
      expect(at(state).short).not.toBe('');
      expect(at(state).long).toMatch(/^[A-Z].*\.$/);
      expect(at(state).shape === 'disc').toBe(state === 'live');
    }
  });
  it('counts down, then says that it tries', () => {
    expect(at('backoff', { reason: 'the server is restarting.', nextAttemptAt: 26_100 })).toMatchObject({ short: 'retry in 3 s', long: 'The server is restarting; down for 14 s, retry in 3 s.' });
    expect(at('backoff', { nextAttemptAt: 23_000 }).short).toBe('reconnecting');
  });
  it('tells how long a connected stream has been silent', () => {
    expect(at('stale')).toMatchObject({ shape: 'half', short: 'silent 15 s' });
  });
  it('says when prices come by plain requests meanwhile', () => {
    expect(at('backoff', { fallback: true }).long).toContain('plain requests');
  });
});

describe('an outage', () => {
  beforeEach(freshStores);
  it('is as old as its first failure, however often a new attempt was made since, and over with the next state', () => {
    const connection = useConnectionStore();
    const set = (state: StreamState, since: number) => {
      connection.setStream(stream('market', { state, since, nextAttemptAt: since + 5_000 }));
      return streamWords(connection.streams.market, 60_000).long;
    };
    set('live', 1_000);
    set('backoff', 20_000);
    set('connecting', 25_000);
    expect(set('backoff', 58_000)).toContain('down for 40 s, retry in 3 s');
    expect(set('live', 59_000)).toBe('Live for 1 s.');
    expect(set('backoff', 59_500)).toContain('down for 1 s');
  });
});

describe('the clock of the feed', () => {
  beforeEach(freshStores);
  const wall = Date.UTC(2026, 0, 2);
  const shown = (mode: FeedMode, mono: number) => feedTimeNow(mode, useConnectionStore().feedTime, { mono, wall: wall + mono });

  it('goes on at the measured speed between heartbeats, and stands when the recording has ended', () => {
    const connection = useConnectionStore();
    connection.setFeedTime(1_000_000, 10_000);
    expect(shown('replay', 12_000)).toBe(1_000_000);
    connection.setFeedTime(1_100_000, 15_000);
    expect(speedText(connection.feedTime?.speed ?? null)).toBe('20×');
    expect(shown('replay', 16_000)).toBe(1_120_000);
    connection.setFeedTime(1_100_000, 20_000);
    expect(shown('replay', 24_000)).toBe(1_100_000);
    expect(speedText(connection.feedTime?.speed ?? null)).toBe('');
  });
  it('is not guessed far beyond the last heartbeat', () => {
    useConnectionStore().setFeedTime(0, 0);
    useConnectionStore().setFeedTime(5_000, 5_000);
    expect(shown('replay', 600_000)).toBe(20_000);
  });
  it('is shown for a simulator apart from the wall clock only, and never for a market', () => {
    useConnectionStore().setFeedTime(wall + 10_200, 10_000);
    expect(shown('simulated', 12_000)).toBeNull();
    expect(shown('live', 12_000)).toBeNull();
    useConnectionStore().setFeedTime(wall + 60_000, 15_000);
    expect(shown('simulated', 15_000)).toBe(wall + 60_000);
  });
});

describe('feedLabel', () => {
  it('never says LIVE while the stream is not live', () => {
    for (const state of STATES) for (const fallback of [true, false]) expect(feedLabel('live', state, fallback).tag === 'LIVE').toBe(state === 'live');
  });
  it('keeps SIMULATED and REPLAY whatever the link does', () => {
    for (const state of STATES) {
      expect(feedLabel('simulated', state, true)).toMatchObject({ tag: 'SIMULATED', tone: 'violet' });
      expect(feedLabel('replay', state, false)).toMatchObject({ tag: 'REPLAY', tone: 'violet' });
    }
  });
  it('says DELAYED when the REST snapshot stands in', () => {
    expect(feedLabel('live', 'backoff', true).tag).toBe('DELAYED');
    expect(feedLabel('live', 'backoff', false).tag).toBe('NOT LIVE');
    expect(feedLabel('unknown', 'backoff', true)).toMatchObject({ tag: 'NOT LIVE', words: expect.stringContaining('plain requests') as string });
  });
});

describe('receiptWords', () => {
  const receipt = (change: Partial<ReceiptMessage>): ReceiptMessage => ({ type: 'receipt', channel: 'market', outcome: 'delta', from: null, to: { epoch: 'e', seq: 1 }, missed: 120, replayed: 120, lost: 0, timestamp: '', ...change });
  it.each([
    [null, 'No interruption so far'],
    [receipt({}), 'Missed 120 changes, all replayed'],
    [receipt({ outcome: 'current', missed: 0 }), 'Nothing was missed'],
    [receipt({ replayed: 100, lost: 20 }), 'Missed 120 changes, 100 replayed, 20 lost for good'],
    [receipt({ outcome: 'snapshot', reason: 'fresh', missed: null }), 'First load, nothing missed'],
    [receipt({ outcome: 'snapshot', reason: 'epoch_changed', missed: null }), 'State loaded whole: the server started anew; steps between are gone'],
  ])('%#', (given, words) => expect(receiptWords(given)).toBe(words));
});

describe('several tabs', () => {
  it.each([
    [{ role: 'alone', others: 0 } as const, ''],
    [{ role: 'leads', others: 1 } as const, 'This tab shares its connections with one other tab.'],
    [{ role: 'follows', others: 3 } as const, 'Shared with 3 other tabs: the connections are made by one of them. When it goes, this tab takes over.'],
  ])('%#', (tabs, words) => expect(tabsWords(tabs)).toBe(words));
});

describe('the way of a price', () => {
  const nameOf = (id: string): string => id.toUpperCase();
  it('is told hop by hop, of the venue that most prices come from', () => {
    const hop = { n: 3, p50: 4, p99: 9 };
    const venues = [{ id: 'okx', leads: 2, lagMs: 30 }, { id: 'kraken', leads: 9, lagMs: 50 }, { id: 'binance', leads: 20, lagMs: null }];
    expect(latencyRows({ hops: { receive: hop, frame: hop, paint: { n: 0, p50: null, p99: null } }, clock: null }, venues, nameOf)).toEqual([
      { name: 'KRAKEN to the server', p50: 50, p99: null }, { name: 'Server to this browser', p50: 4, p99: 9 }, { name: 'Receipt to frame', p50: 4, p99: 9 }, { name: 'Frame to screen', p50: null, p99: null },
    ]);
  });
  it('says how far the clocks agree', () => {
    expect(clockWords({ offsetMs: 0.4, errorMs: 5.2 })).toContain('agrees with this device\'s, give or take 6 ms');
    expect(clockWords({ offsetMs: -12.6, errorMs: 3 })).toContain('is 13 ms behind this device\'s, give or take 3 ms');
    expect(clockWords({ offsetMs: 40, errorMs: 3 })).toContain('is 40 ms ahead of');
    expect(clockWords(null)).toContain('within 5 s');
  });
  it('says nothing that was not measured', () => {
    expect(latencyRows(null, [], nameOf).map((row) => [row.p50, row.p99])).toEqual([[null, null], [null, null], [null, null]]);
  });
});

describe('StreamCard', () => {
  let mounted: Mounted;
  beforeEach(freshStores);
  afterEach(() => mounted.wrapper.unmount());

  it('offers a retry only when there is something to retry', async () => {
    const connection = useConnectionStore();
    connection.setStream(stream('signals', { refused: 2 }));
    mounted = await mountPanel(StreamCard, { props: { name: 'signals' } });
    expect(mounted.wrapper.find('button').exists()).toBe(false);
    expect(mounted.wrapper.text()).toContain('2 messages could not be understood');
    connection.setStream(stream('signals', { state: 'stopped', reason: 'This page is too old for the server; reload it' }));
    await mounted.flush();
    expect(mounted.wrapper.text()).toContain('too old for the server');
    await mounted.wrapper.find('button').trigger('click');
    expect(mounted.retried).toEqual(['signals']);
  });

  it('diagnostics name every stream and feed and hold no prices', async () => {
    const connection = useConnectionStore();
    connection.setFeeds({ binance: { state: 'refused', age_ms: null, reason: '451' } });
    mounted = await mountPanel(StreamCard, { props: { name: 'market' } });
    const text = diagnostics({ connection, symbols: 3, venues: [], app: '1', server: '', at: new Date(0), mono: 0 });
    for (const part of ['market:', 'signals:', 'binary:', 'feed binance: refused', 'symbols 3', '1970-01-01']) expect(text).toContain(part);
  });
});

describe('findItems', () => {
  const list = [instrument('ETH/USDT', { name: 'Ethereum' }), instrument('BTC/USDT', { name: 'Bitcoin' }), instrument('ADA/BTC', { name: 'Cardano' })];
  const ran: string[] = [];
  const actions: PaletteAction[] = [{ id: 'settings', title: 'Settings', detail: 'Theme', path: null, run: () => void ran.push('settings') }];

  it('puts symbols that begin with the text first', () => {
    expect(findItems('btc', list, actions).map((i) => i.title)).toEqual(['BTC/USDT', 'ADA/BTC']);
  });
  it('finds actions by their words and shows them first when nothing is typed', () => {
    expect(findItems('theme', list, actions).map((i) => i.id)).toEqual(['settings']);
    expect(findItems('', list, actions)[0]?.id).toBe('settings');
  });
  it('is bounded', () => {
    expect(findItems('s', Array.from({ length: 500 }, (_, i) => instrument(`S${String(i)}`)), actions)).toHaveLength(PALETTE_LIMIT);
  });
  it('escapes the slash of a symbol in its address', () => {
    expect(findItems('btcusdt', list, actions)[0]?.path).toBe('/market/BTC%2FUSDT');
  });
});
