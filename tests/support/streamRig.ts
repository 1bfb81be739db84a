import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { StreamName } from '@/core/contract';
import { createClient, type ActivityNote, type Client, type Environment, type EnvironmentEvent, type FetchLike, type StreamStatus } from '@/service';
import { createFakeHub, price, type FakeHub, type FakeSocket } from './fakeHub';

/** One client of one hub on fake timers, made anew for each test: what the stories of a stream are told with. */
export let hub: FakeHub;
export let client: Client;
export let notes: ActivityNote[];
export let seen: string[];
export let page: { online: boolean; fire: (event: EnvironmentEvent) => void };

export function build(options: { server?: string; fetch?: FetchLike; random?: () => number; streams?: readonly StreamName[] } = {}): void {
  let tell: (event: EnvironmentEvent) => void = () => undefined;
  page = { online: true, fire: (event) => tell(event) };
  const environment: Environment = { online: () => page.online, listen: (on) => { tell = on; return () => undefined; } };
  const noFetch: FetchLike = () => Promise.reject(new Error('no network'));
  client = createClient({ server: options.server ?? 'https://terminal.example', streams: options.streams ?? ['market'], WebSocket: hub.WebSocket, fetch: options.fetch ?? noFetch, random: options.random ?? (() => 0.5), environment });
  client.on('activity', (note) => notes.push(note));
  client.on('stream', ({ state }) => { if (seen.at(-1) !== state) seen.push(state); });
}
export const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
export const market = (): StreamStatus => {
  const status = client.status('market');
  if (!status) throw new Error('no market stream');
  return status;
};
export const socket = (): FakeSocket => hub.latest('market');

/** Connected, greeted, with one price. */
export async function live(): Promise<FakeSocket> {
  client.connect();
  await pass(0);
  socket().accept().hello().snapshot(10, { 'BTC/USDT': price(100) });
  expect(market().state).toBe('live');
  return socket();
}
/** Keeps a connection fed for a while. */
export async function feed(ms: number, seq: number): Promise<void> {
  for (let t = 0; t < ms; t += 1_000) {
    await pass(1_000);
    socket().heartbeat(seq);
  }
}

/** Called once in a test file: a fresh hub and client before each test, nothing left after it. */
export function eachWithItsOwnHub(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
    hub = createFakeHub();
    notes = [];
    seen = [];
    build();
  });
  afterEach(() => {
    client.disconnectAll();
    vi.useRealTimers();
  });
}
