import { createPinia } from 'pinia';
import { createApp } from 'vue';
import { CLIENT, type ClientPort } from '@/composables/useClient';
import { REPLAYS, roomOf } from '@/composables/useReplays';
import { CLOSE } from '@/core/contract';
import { createClient, type Client, type FetchLike } from '@/service';
import { appBase } from './base';
import { loadConfig } from './config';
import { reportErrors } from './errors';
import { createFrame } from './frame';
import { wireClient } from './handlers/connection';
import { LateHandlers } from './handlers/late';
import { lazyApi } from './lazyApi';
import { flushStores, useStores, type Stores } from './handlers/stores';
import { createAppRouter, Shell } from './router';

const door = () => import('./door');
declare const __APP_VERSION__: string;

/** What is done beside the prices (sharing with other tabs, timing) is fetched this long after the first of them, ms. */
const BESIDE_AFTER_MS = 1_000;
/** The list is asked for again this often at most, while symbols are shown that it does not name, ms. */
const INSTRUMENTS_EVERY_MS = 10_000;

/** Keeps the instrument list: loaded at each new connection, and when an unknown symbol appears. */
function keepInstruments(client: Client, { market, connection }: Stores, get?: FetchLike): () => void {
  let known = new Set<string>();
  let askedAt = -Infinity;
  async function load(): Promise<void> {
    askedAt = performance.now();
    const list = await import('./instruments').then(({ loadInstruments }) => loadInstruments(client.server, get)).catch(() => null);
    if (!list) return connection.log({ at: Date.now(), level: 'warn', source: 'app', text: 'The list of instruments could not be loaded; prices are shown with default decimals' });
    known = new Set(list.map((i) => i.symbol));
    market.setInstruments(list);
  }
  client.on('connected', ({ stream }) => {
    if (stream === 'market') void load();
  });
  return () => {
    if (performance.now() - askedAt > INSTRUMENTS_EVERY_MS && market.symbols.some((s) => !known.has(s))) void load();
  };
}

/** Builds the app and mounts it: configuration, stores, client, frame, router. The only place that knows them all. */
export async function start(root: string): Promise<void> {
  const base = appBase();
  const config = await loadConfig(base);
  const app = createApp(Shell);
  app.use(createPinia());
  const stores = useStores();
  reportErrors(app, stores, window);
  if (config.problem) stores.connection.log({ at: Date.now(), level: 'warn', source: 'app', text: config.problem });

  // On another host the server's cookie cannot be kept; there a session is held by the tab.
  const held = config.server === base.href ? undefined : (await door()).heldFor(base, config.server);
  const client = createClient({ server: config.server, name: 'web', version: __APP_VERSION__, ...held });
  client.on('stream', ({ state, reason }) => {
    if (state === 'stopped' && reason === CLOSE.unauthenticated.words) void door().then(({ signedOut }) => signedOut(client, base, stores.market.symbols.length > 0));
  });
  const checkInstruments = keepInstruments(client, stores, held?.fetch);
  let committed: (() => void) | null = null;
  const late = new LateHandlers(() => frame.touch());
  const frame = createFrame(() => {
    flushStores(stores);
    late.flush();
    checkInstruments();
    committed?.();
  });
  document.addEventListener('visibilitychange', () => frame.visibilityChanged());
  wireClient(client, stores, late, () => frame.touch());
  const stop = client.on('connected', () => {
    stop();
    // Without them this tab keeps connections of its own, and times nothing.
    setTimeout(() => void import('./beside').then(({ shareTabs, timePrices }) => {
      // A right that one tab holds is not another's.
      if (!held) shareTabs(client, stores.connection, `tickglass ${__APP_VERSION__} ${config.server}`);
      committed = timePrices(client, stores.connection, held?.fetch);
    }).catch(() => undefined), BESIDE_AFTER_MS);
  });

  const port: ClientPort = { subscribeChannel: (channel) => client.subscribeChannel(channel), retry: (stream) => client.retry(stream), server: new URL(config.server).host, api: lazyApi(config.server, held?.fetch),
    access: async () => (await door()).accessOf(base, config.server) };
  app.provide(CLIENT, port);
  const { room, home } = roomOf(config.server);
  app.provide(REPLAYS, { room, home, rest: () => (client.disconnectAll(), () => client.connect()), load: async () => (await import('@/service/replays')).createReplayApi(home, config.server, held?.fetch) });
  app.use(createAppRouter(base));
  client.connect();
  app.mount(root);
}
