import type { Clock, Environment, EnvironmentEvent, Timers } from '@/service';
import type { BroadcastLike, LockManagerLike, TabPlatform } from '@/service/tabs';

interface Waiting {
  readonly tab: FakeTab;
  readonly run: () => void;
}
interface Held {
  readonly tab: FakeTab;
  readonly rob: () => void;
}
type Listener = (event: { readonly data: unknown }) => void;

class Robbed extends Error {
  override readonly name = 'AbortError';
}

/** What the tabs of one browser share: locks in the order they were asked for, and channels that clone what is said. */
export class FakeBrowser {
  private readonly held = new Map<string, Held>();
  private readonly queues = new Map<string, Waiting[]>();
  readonly channels = new Set<{ readonly name: string; readonly tab: FakeTab; readonly listeners: Set<Listener> }>();
  private count = 0;
  /** Everything said, by kind. */
  readonly said: string[] = [];

  open(): FakeTab {
    return new FakeTab(this, `tab${String(++this.count)}`);
  }

  holder(name: string): FakeTab | null {
    return this.held.get(name)?.tab ?? null;
  }

  locksFor(tab: FakeTab): LockManagerLike {
    return {
      request: (name, { signal, steal }, callback) => new Promise((resolve, reject) => {
        const run = (): void => {
          const mine: Held = { tab, rob: () => tab.whenAwake(() => reject(new Robbed('stolen'))) };
          this.held.set(name, mine);
          const end = (): void => {
            if (this.held.get(name) === mine) this.held.delete(name);
            this.grant(name);
            resolve(undefined);
          };
          queueMicrotask(() => tab.whenAwake(() => void Promise.resolve(callback()).then(end, reject)));
        };
        signal?.addEventListener('abort', () => {
          const queue = this.queues.get(name) ?? [];
          this.queues.set(name, queue.filter((waiting) => waiting.run !== run));
          reject(new Robbed('given up'));
        });
        if (steal === true) {
          const before = this.held.get(name);
          this.held.delete(name);
          before?.rob();
          return run();
        }
        this.queues.set(name, [...(this.queues.get(name) ?? []), { tab, run }]);
        this.grant(name);
      }),
    };
  }

  private grant(name: string): void {
    if (this.held.has(name)) return;
    const [next, ...rest] = this.queues.get(name) ?? [];
    this.queues.set(name, rest);
    next?.run();
  }

  /** As the browser does when a tab is gone: its locks fall to the next. */
  release(tab: FakeTab): void {
    for (const channel of [...this.channels]) if (channel.tab === tab) this.channels.delete(channel);
    for (const [name, queue] of this.queues) this.queues.set(name, queue.filter((waiting) => waiting.tab !== tab));
    for (const [name, held] of [...this.held]) {
      if (held.tab !== tab) continue;
      this.held.delete(name);
      this.grant(name);
    }
  }

  channelFor(tab: FakeTab, name: string): BroadcastLike {
    const entry = { name, tab, listeners: new Set<Listener>() };
    this.channels.add(entry);
    return {
      postMessage: (message) => {
        if (!tab.runs || !this.channels.has(entry)) return;
        const data: unknown = structuredClone(message);
        this.said.push(String((data as { k?: unknown }).k));
        for (const other of [...this.channels]) {
          if (other === entry || other.name !== name) continue;
          setImmediate(() => other.tab.whenAwake(() => { for (const listener of other.listeners) listener({ data }); }));
        }
      },
      addEventListener: (_type, listener) => void entry.listeners.add(listener),
      close: () => void this.channels.delete(entry),
    };
  }
}

/** One tab: what its browser gives it, and what can befall it. */
export class FakeTab {
  /** false: it is gone or hangs. */
  runs = true;
  private gone = false;
  private waiting: (() => void)[] = [];
  private readonly listeners = new Set<(event: EnvironmentEvent) => void>();
  readonly environment: Environment = { online: () => true, listen: (on) => { this.listeners.add(on); return () => this.listeners.delete(on); } };
  readonly clock: Clock = { mono: () => performance.now(), wall: () => Date.now() };
  readonly timers: Timers = { set: (fn, ms) => setTimeout(() => this.whenAwake(fn), ms), clear: (id) => clearTimeout(id ?? undefined) };

  constructor(readonly browser: FakeBrowser, readonly id: string) {}

  get platform(): TabPlatform {
    const { id, clock, timers, environment, browser } = this;
    return { id, clock, timers, environment, random: Math.random, locks: browser.locksFor(this), openChannel: (name) => browser.channelFor(this, name) };
  }

  /** Runs it now, or when the tab goes on, or never when it is gone. */
  whenAwake(fn: () => void): void {
    if (this.runs) fn();
    else if (!this.gone) this.waiting.push(fn);
  }

  fire(event: EnvironmentEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }

  /** Closed or crashed: nothing of it runs any more. */
  kill(): void {
    this.runs = false;
    this.gone = true;
    this.browser.release(this);
  }

  /** Blocked or frozen without a word: it keeps its locks and says nothing. */
  hang(): void {
    this.runs = false;
  }

  goOn(): void {
    this.runs = true;
    for (const fn of this.waiting.splice(0)) fn();
  }
}
