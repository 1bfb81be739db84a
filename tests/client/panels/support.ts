import { createPinia, setActivePinia } from 'pinia';
import { mount, type VueWrapper } from '@vue/test-utils';
import { nextTick, type Component } from 'vue';
import { createMemoryHistory, createRouter, type Router } from 'vue-router';
import { CLIENT, NO_ACCESS, NO_API, type ClientPort } from '@/composables/useClient';
import type { AccessApi, Api } from '@/service';
import type { MarketData, RatingData, SignalRecord, StreamName, VenueInfo } from '@/core/contract';
import { useMarketStore } from '@/stores/market';
import { useConnectionStore } from '@/stores/connection';
import type { InstrumentView, StreamView } from '@/stores/types';

/** A quote that is fine in every respect; a test changes what it is about. */
export const quote = (change: Partial<MarketData> = {}): MarketData => ({
  price: 100, bid: 99.99, ask: 100.01, bid_size: 1, ask_size: 2, open_24h: 98, change_24h: 2.0408, high_24h: 101, low_24h: 97, volume_24h: 1234,
  source: 'binance', quality: 'live', route: 'socket', state: 'ok', venue_time: null, age_ms: 100, ...change,
});

export const instrument = (symbol: string, change: Partial<InstrumentView> = {}): InstrumentView =>
  ({ symbol, name: `Name of ${symbol}`, assetClass: 'crypto', quote: 'USDT', tickSize: 0.01, priceDecimals: 2, sizeDecimals: 4, ...change });

export const stream = (name: StreamName, change: Partial<StreamView> = {}): StreamView => ({
  name, state: 'live', reason: '', since: performance.now(), nextAttemptAt: null, latencyMs: 4, updatesPerSecond: 10, lastMessageAt: performance.now(), reconnects: 0, fallback: false, refused: 0, lastReceipt: null, ...change,
});

export const rating = (change: Partial<RatingData> = {}): RatingData => ({
  method: 'tr26@1', source: 'live', venue: 'binance', symbol: 'BTC/USDT', tf: '1m', asOf: 1_700_000_000_000, ts: 1_700_000_000_100, final: true, action: 'BUY', strength: 'STRONG_BUY',
  score: 0.62, ma: 0.7, osc: 0.54, dir: 'strengthening', pct: 88, counts: { buy: 2, neutral: 0, sell: 1, na: 3 }, price: 61_837.63,
  rationale: [
    { k: 'ema_20', value: 61_700.5, vote: 1, rule: 'close above the average', group: 'ma' },
    { k: 'rsi_14', value: 29.4, prev: 27.1, vote: -1, rule: 'below 30 and rising', group: 'osc' },
  ],
  ...change,
});

export function signal(id: string, change: Partial<SignalRecord> = {}): SignalRecord {
  const { price: _price, ...shared } = rating();
  return {
    ...shared, v: 1, id, entry: 61_837.63, stop: 61_700, targets: [61_975.26, 62_112.89], atr: 91.75, expiry: 1_700_001_200_000,
    track: { n: 12, hit: 0.5, lo: 0.2, hi: 0.8, avgR: 0, pf: 1, random: { hit: 0.49, avgR: 0 }, since: null }, seq: null, prev: null, hash: null, ...change,
  };
}

/** A source as the server reports it; fine in every respect. */
export const venue = (id: string, change: Partial<VenueInfo> = {}): VenueInfo => ({
  id, name: `Name of ${id}`, priority: 1, assetClasses: ['crypto'], capabilities: ['quotes'], keyVariable: null, keySet: null, attribution: null, state: 'live', reason: 'delivers', lastMessageAgeMs: 100, messagesPerSecond: 12.34,
  reconnects: 0, clockOffsetMs: -3, lagMs: 42, nextAttemptInMs: null, fallback: false, circuit: 'closed', budgets: [], symbols: ['BTC/USDT'], unserved: [], subscriptions: { active: 3 }, unknownMessages: 0, books: { ok: 1 }, gapsRepaired: 0,
  leads: 0, thin: [], silent: [], canStart: false, canStop: true, ...change,
});

export interface Mounted {
  readonly wrapper: VueWrapper;
  readonly router: Router;
  readonly retried: (StreamName | undefined)[];
  /** Makes applied quotes visible, as a frame of the app does. */
  flush(): Promise<void>;
}

/** Call before filling stores. */
export function freshStores(): void {
  localStorage.clear();
  setActivePinia(createPinia());
}

const Empty = { template: '<div />' };

/** Mounts a panel with the real stores, a router in memory and a client that only notes retries. */
export async function mountPanel(component: Component, options: { props?: Record<string, unknown>; path?: string; api?: Partial<Api>; access?: Partial<AccessApi> } = {}): Promise<Mounted> {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:all(.*)*', component: Empty }] });
  await router.push(options.path ?? '/');
  const retried: (StreamName | undefined)[] = [];
  const client: ClientPort = { subscribeChannel: () => () => undefined, retry: (name) => void retried.push(name), server: 'test', api: { ...NO_API, ...options.api }, access: () => Promise.resolve({ ...NO_ACCESS, ...options.access }) };
  const wrapper = mount(component, { ...(options.props ? { props: options.props } : {}), attachTo: document.body, global: { plugins: [router], provide: { [CLIENT as symbol]: client } } });
  return {
    wrapper,
    router,
    retried,
    async flush() {
      useMarketStore().flush();
      await nextTick();
    },
  };
}

/** A connected market with these quotes. */
export function fillMarket(quotes: Readonly<Record<string, Partial<MarketData>>>, facts: readonly InstrumentView[] = []): void {
  const market = useMarketStore();
  const connection = useConnectionStore();
  connection.setMode('live');
  for (const name of ['market', 'signals', 'binary'] as const) connection.setStream(stream(name));
  market.setInstruments(Object.keys(quotes).map((symbol) => facts.find((f) => f.symbol === symbol) ?? instrument(symbol)));
  market.applyQuotes({ replace: true, receivedAt: performance.now(), updates: Object.entries(quotes).map(([key, change]) => ({ key, value: quote(change) })) });
  market.flush();
}
