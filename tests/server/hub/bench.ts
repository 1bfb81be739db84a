import type { FeedMode } from '@/core/contract';
import { createMemoryBus } from '../../../server/bus/memoryBus';
import type { HubContext } from '../../../server/hub/context';
import { Encoder } from '../../../server/hub/encode';
import { DEFAULT_HUB_OPTIONS, type HubOptions } from '../../../server/hub/options';
import type { Frame, Push } from '../../../server/hub/push';
import { createReplicas } from '../../../server/hub/replicas';
import type { Session } from '../../../server/hub/session';
import { createTallies } from '../../../server/hub/tally';
import { createWants } from '../../../server/hub/wants';
import { Floods } from '../../../server/observability/floods';
import { createMetrics } from '../../../server/observability/metrics';
import { Owner, silentLog } from './support';

/** A hub without sockets and without time: bus, replicas and connections whose peers read when the test says so. */
export function bench(options: Partial<HubOptions> = {}, partBytes?: number) {
  let now = 0;
  const clock = { now: () => 1_700_000_000_000 + now, monotonic: () => now };
  const replicas = createReplicas(clock, silentLog);
  const feedClock = () => ({ now: () => 1_700_000_000_000 + now * 2, speed: 2 });
  const bus = createMemoryBus(silentLog);
  const metrics = createMetrics();
  const all = { ...DEFAULT_HUB_OPTIONS, ...options };
  const hub: HubContext = {
    replicas, clock, feedClock, metrics, tallies: createTallies(metrics), log: silentLog, options: all, wants: createWants(bus, replicas, metrics, all), knownVenue: () => true,
    encoder: new Encoder(clock, feedClock, () => undefined, partBytes), mode: (): FeedMode => 'live', feeds: () => ({}), knownSymbol: () => true, waiting: () => undefined, floods: new Floods(), present: () => [], spreadMs: () => 1_000, random: () => 0.5,
  };
  bus.subscribe((m) => void replicas.apply(m));
  return { hub, bus, owner: new Owner(bus), pass: (ms: number) => void (now += ms), now: () => now };
}

/** A peer that holds what was sent until it reads. */
export class Peer implements Session {
  readonly id = 'c_test';
  /** Told of each pong, as a WebSocket client sends it when it gets to the ping. */
  ponged: (text: string) => void = () => undefined;
  readonly waiting: { text: string; line: Buffer | null; done?: (() => void) | undefined }[] = [];
  readonly read: string[] = [];
  private taken = 0;
  pings = 0;
  closed: number | null = null;
  send({ frames }: Frame | Push, done?: () => void): void {
    for (const { data, line } of frames) this.waiting.push({ text: data.toString(), line, done });
  }
  hold(): void { /* What is sent lies here until the test takes it. */ }
  release(): void { /* As above. */ }
  close(code: number): void {
    this.closed = code;
  }
  terminate(): void {
    this.closed = 1006;
  }
  ping(text: string): void {
    this.pings++;
    this.waiting.push({ text: '', line: null, done: () => this.ponged(text) });
  }
  buffered(): number {
    return this.waiting.reduce((n, w) => n + w.text.length, 0);
  }
  delivered(): number {
    return this.taken;
  }
  take(count = Infinity): void {
    for (let left = count; this.waiting.length > 0 && left > 0; ) {
      const w = this.waiting.shift();
      if (w?.text) {
        this.read.push(w.text);
        this.taken += w.text.length;
        left--;
      }
      w?.done?.();
    }
  }
}
