// @vitest-environment node
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createClient, type CachedPrice, type Client, type WebSocketConstructor } from '@/service';
import { quote, startHub, type Running } from '../../server/hub/support';
import { waitFor } from '../../support/waitFor';

const sockets: WebSocket[] = [];
/** The `ws` class; remembers its sockets, so that a test can cut them like a network does. */
class Recorded extends WebSocket {
  constructor(url: string, protocols?: string[]) {
    super(url, protocols);
    sockets.push(this);
  }
}
const Socket = Recorded as unknown as WebSocketConstructor;
let hub: Running | null = null;
let client: Client | null = null;
afterEach(async () => {
  client?.disconnectAll();
  await hub?.stop();
  hub = client = null;
});
const open = (port: number): Client => (client = createClient({ server: `http://127.0.0.1:${port}`, WebSocket: Socket, random: () => 0.01 }));

describe('the client as an SDK in Node, over real sockets, against the real hub', () => {
  it('connects three streams and hears the prices of one symbol', async () => {
    hub = await startHub();
    hub.owner.quotes(quote('BTC/USDT', 100), quote('ETH/USDT', 5));
    const sdk = open(hub.port);
    const heard: CachedPrice[] = [];
    const connected: string[] = [];
    sdk.on('connected', ({ stream }) => connected.push(stream));
    const stop = sdk.subscribe('BTC/USDT', (price) => heard.push(price));
    sdk.connect();
    await waitFor(() => connected.length === 3, { message: 'three streams are live' });
    await waitFor(() => heard.some((p) => p.data.price === 100));
    hub.owner.quotes(quote('ETH/USDT', 6));
    hub.owner.quotes(quote('BTC/USDT', 101));
    await waitFor(() => heard.at(-1)?.data.price === 101);
    expect(heard.every((p) => p.symbol === 'BTC/USDT')).toBe(true);
    expect(sdk.getPrice('ETH/USDT')).toMatchObject({ data: { price: 6, source: 'binance', quality: 'live' }, stale: false });
    expect(sdk.getPrice('NOPE')).toBeNull();
    stop();
    const before = heard.length;
    hub.owner.quotes(quote('BTC/USDT', 102));
    await waitFor(() => sdk.getPrice('BTC/USDT')?.data.price === 102);
    expect(heard).toHaveLength(before);
  });

  it('a further channel is loaded when somebody wants it', async () => {
    hub = await startHub();
    hub.owner.set('sparkline', { AAPL: { end_time: 1, step_ms: 60_000, closes: [1, 2], quality: 'live' } });
    const sdk = open(hub.port);
    const closes: unknown[] = [];
    sdk.subscribeChannel('sparkline', (change) => { if (change.family === 'sparkline') closes.push(...change.updates.map((u) => u.value?.closes)); });
    sdk.connect();
    await waitFor(() => closes.length > 0);
    expect(closes).toEqual([[1, 2]]);
  });

  it('comes back by itself after the server cut it, and says what was missed', async () => {
    hub = await startHub();
    hub.owner.quotes(quote('BTC/USDT', 100));
    const sdk = open(hub.port);
    const receipts: string[] = [];
    let reached = 0;
    sdk.on('receipt', ({ receipt }) => receipts.push(`${receipt.channel} ${receipt.outcome}`));
    sdk.on('connected', ({ stream }) => { if (stream === 'market') reached++; });
    sdk.connect();
    await waitFor(() => reached === 1 && sdk.getPrice('BTC/USDT'));
    for (const socket of sockets) socket.terminate();
    hub.owner.quotes(quote('BTC/USDT', 105));
    await waitFor(() => reached === 2, { timeoutMs: 10_000, message: 'connected again' });
    await waitFor(() => sdk.getPrice('BTC/USDT')?.data.price === 105);
    expect(receipts).toContain('market delta');
  });

  it('an unreachable server is no exception: the state says so', async () => {
    const sdk = open(1);
    sdk.connect();
    await waitFor(() => sdk.status('market')?.state === 'backoff', { message: 'waits for the next attempt' });
    expect(sdk.status('market')?.reason).toBe('The server cannot be reached');
  });
});
