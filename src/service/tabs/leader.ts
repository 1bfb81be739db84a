import type { StreamName } from '@/core/contract';
import { ASIDE, OPEN_STATES } from '../streamOptions';
import type { StreamStatus, TimerId } from '../types';
import type { Offer, TabMessage, TabMessageOf } from './messages';
import { BEAT_MS, type SharedClient, type TabPlatform } from './platform';

/** Answers to this tab's own questions say nothing to the others. */
const OWN_ANSWER = /^\{"type":"(?:pong|subscribed|unsubscribed|error|auth_ok)"/;
const HELLO = /^\{"type":"hello"/;
/** Tabs served at most; those beyond keep connections of their own. */
const MAX_TABS = 50;

export interface LeaderOptions {
  readonly platform: TabPlatform;
  readonly client: SharedClient;
  /** Name of the lock each of the other tabs holds while it lives. */
  readonly lockOf: (id: string) => string;
  readonly post: (message: TabMessage) => void;
  /** Streams whose own connection is only being made. */
  readonly opening: ReadonlySet<StreamName>;
  /** Channels of the other tabs, as far as they were heard. */
  readonly known: ReadonlyMap<string, readonly string[]>;
  /** The number of other tabs changed. */
  readonly changed: (others: number) => void;
}

/** The tab that makes the connections: relays their frames, wants what the others want, and says when it is down. */
export class Leader {
  /** The connection of each stream, by a name of its own; absent while there is none. */
  private readonly links = new Map<StreamName, string>();
  private readonly told = new Map<StreamName, string>();
  private readonly others = new Map<string, Map<string, () => void>>();
  private linkCount = 0;
  private beat: TimerId | null = null;
  private readonly stopHearing: () => void;

  constructor(private readonly options: LeaderOptions) {
    const { client, opening, known, post, platform } = options;
    for (const [name, stream] of client.streams) {
      if (!opening.has(name) && OPEN_STATES.has(stream.status.state)) this.newLink(name);
      stream.tap = (text) => this.onFrame(name, text);
    }
    this.stopHearing = client.on('stream', (status) => this.onStatus(status));
    for (const [id, wants] of known) this.serve(id, wants);
    post({ k: 'lead', from: platform.id });
    this.onBeat();
  }

  stop(): void {
    const { client, platform } = this.options;
    this.stopHearing();
    platform.timers.clear(this.beat);
    for (const stream of client.streams.values()) stream.tap = null;
    for (const id of [...this.others.keys()]) this.drop(id);
  }

  take(message: TabMessage): void {
    if (message.k === 'join') this.onJoin(message);
    else if (message.k === 'probe') this.sign();
    else if (message.k === 'retry') this.options.client.retry(message.stream);
  }

  private newLink(name: StreamName): string {
    const link = `${this.options.platform.id} ${String(++this.linkCount)}`;
    this.links.set(name, link);
    return link;
  }

  // ---- what it sends ----------------------------------------------------------------------------

  private onFrame(stream: StreamName, text: string): void {
    const link = HELLO.test(text) ? this.newLink(stream) : this.links.get(stream);
    if (this.others.size === 0 || link === undefined || OWN_ANSWER.test(text)) return;
    this.options.post({ k: 'frame', from: this.options.platform.id, link, stream, text });
  }

  /** The others are down when this tab is, and say the same words. What concerns this page alone is not told. */
  private onStatus({ name, state, reason, nextAttemptAt }: StreamStatus): void {
    if (reason === ASIDE || this.told.get(name) === `${state} ${reason}`) return;
    this.told.set(name, `${state} ${reason}`);
    if (state === 'idle' || state === 'live' || state === 'syncing' || state === 'stale') return;
    if (state !== 'hello') this.links.delete(name);
    const { post, platform } = this.options;
    post({ k: 'state', from: platform.id, stream: name, state, reason, inMs: nextAttemptAt === null ? null : nextAttemptAt - platform.clock.mono() });
  }

  private onBeat(): void {
    if (this.others.size > 0) this.sign();
    this.beat = this.options.platform.timers.set(() => this.onBeat(), BEAT_MS);
  }

  private sign(): void {
    const { post, platform, client } = this.options;
    const latency = Object.fromEntries([...client.streams].map(([name, stream]) => [name, stream.status.latencyMs]));
    post({ k: 'beat', from: platform.id, tabs: this.others.size, latency });
  }

  // ---- the others -------------------------------------------------------------------------------

  private onJoin({ from, wants }: TabMessageOf<'join'>): void {
    if (!this.serve(from, wants)) return;
    const { post, platform } = this.options;
    post({ k: 'ready', from: platform.id, to: from, streams: this.offers() });
  }

  private offers(): Partial<Record<StreamName, Offer>> {
    const offers: Partial<Record<StreamName, Offer>> = {};
    for (const [name, stream] of this.options.client.streams) {
      const link = this.links.get(name);
      if (link !== undefined) offers[name] = { link, positions: stream.positions(), layouts: [...stream.greeting()] };
    }
    return offers;
  }

  /** Wants for another tab what it wants, until it is gone. false = there are too many. */
  private serve(id: string, wants: readonly string[]): boolean {
    const { client, platform, lockOf, changed } = this.options;
    let held = this.others.get(id);
    if (!held) {
      if (this.others.size >= MAX_TABS) return false;
      this.others.set(id, (held = new Map()));
      const mine = held;
      // It holds this lock as long as it lives: getting it means that the tab was closed, frozen or crashed.
      platform.locks.request(lockOf(id), {}, () => {
        if (this.others.get(id) === mine) this.drop(id);
      }).catch(() => this.drop(id));
      changed(this.others.size);
    }
    for (const channel of wants) if (!held.has(channel)) held.set(channel, client.subscribeChannel(channel));
    for (const [channel, release] of held) {
      if (wants.includes(channel)) continue;
      held.delete(channel);
      release();
    }
    return true;
  }

  private drop(id: string): void {
    for (const release of this.others.get(id)?.values() ?? []) release();
    if (this.others.delete(id)) this.options.changed(this.others.size);
  }
}
