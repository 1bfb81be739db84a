import type { ClientMessage, StreamName } from '@/core/contract';
import type { Relay, SharedStream } from '../streamOptions';
import type { TimerId } from '../types';
import type { Offer, TabMessage, TabMessageOf } from './messages';
import { ASK_AFTER_MS, GONE_AFTER_MS, type SharedClient, type TabPlatform } from './platform';

const TICK_MS = 500;
/** A tick this late means that this page slept: the silence was its own, ms. */
const SLEPT_MS = 1_500;
/** Frames kept between an offer and its acceptance. */
const MAX_FRAMES = 500;
/** Other tabs remembered; those heard of last. */
const MAX_KNOWN = 50;
/** Time between two requests to share, after a view wanted something new and after frames did not fit, ms. */
const JOIN_MS = 1_000;
const MISFIT_MS = 5_000;

/** How one stream of this tab stands. */
interface Share {
  readonly stream: SharedStream;
  /** The connection whose frames are heard; null = an own one. */
  link: string | null;
  /** What the other tab offered, and what it sent since. */
  offer: { readonly terms: Offer; readonly frames: string[] } | null;
  /** Monotonic ms before which nothing is asked. */
  notBefore: number;
}

export interface FollowerOptions {
  readonly platform: TabPlatform;
  readonly client: SharedClient;
  readonly post: (message: TabMessage) => void;
  /** The tab that led answers no more. */
  readonly gone: () => void;
  readonly changed: (follows: boolean, others: number) => void;
}

/**
 * A tab that lives from the frames of another one. It starts with connections of its own; when the other tab's cover everything it
 * holds, it goes over to those and closes its own. Whatever the frames cannot give (a channel of a new view, a gap) it gets by an own
 * connection again, beneath what is shown.
 */
export class Follower {
  private readonly shares = new Map<StreamName, Share>();
  /** Wants of the other tabs, for the day this one leads. */
  readonly known = new Map<string, readonly string[]>();
  private leader: string | null = null;
  private heardAt: number;
  private tickedAt: number;
  private joinedAt = -Infinity;
  private latency: Readonly<Record<string, number | null>> = {};
  private others = 1;
  private ticker: TimerId | null = null;

  constructor(private readonly options: FollowerOptions) {
    const { client, platform } = options;
    this.heardAt = this.tickedAt = platform.clock.mono();
    for (const [name, stream] of client.streams) {
      this.shares.set(name, { stream, link: null, offer: null, notBefore: 0 });
      stream.tap = () => this.accept(name);
    }
    this.tick();
  }

  /** Ends it. Streams that have no connection of their own get one; these are given back. */
  stop(): Set<StreamName> {
    this.options.platform.timers.clear(this.ticker);
    const orphans = new Set<StreamName>();
    for (const [name, share] of this.shares) {
      share.stream.tap = null;
      if (share.link !== null) orphans.add(name);
      share.stream.own(false);
    }
    return orphans;
  }

  take(message: TabMessage): void {
    if (message.k === 'join') return this.remember(message);
    if (message.k === 'probe' || message.k === 'retry') return;
    if (message.k === 'lead') this.leader = message.from;
    this.leader ??= message.from;
    if (message.from !== this.leader) return;
    this.heardAt = this.options.platform.clock.mono();
    this.known.delete(message.from);
    if (message.k === 'frame') this.onFrame(message);
    else if (message.k === 'state') this.onState(message);
    else if (message.k === 'ready') this.onReady(message);
    else if (message.k === 'lead') this.join();
    else if (message.k === 'bye') this.leader = null;
    else if (message.k === 'beat') {
      this.latency = message.latency;
      // The one that leads may not have counted this tab yet; there are two at least.
      this.others = Math.max(1, message.tabs);
      this.tell();
    }
  }

  private remember({ from, wants }: TabMessageOf<'join'>): void {
    this.known.delete(from);
    this.known.set(from, wants);
    for (const id of this.known.keys()) {
      if (this.known.size <= MAX_KNOWN) break;
      this.known.delete(id);
    }
  }

  // ---- frames of the other tab ------------------------------------------------------------------

  private onFrame({ stream: name, link, text }: TabMessageOf<'frame'>): void {
    const share = this.shares.get(name);
    if (!share) return;
    const { offer } = share;
    if (offer?.terms.link === link && offer.frames.push(text) > MAX_FRAMES) share.offer = null;
    if (share.link === null) return;
    // A connection that greets is a new one of the tab that leads; the positions held go on with it.
    if (share.link !== link && text.startsWith('{"type":"hello"')) share.link = link;
    if (share.link === link) share.stream.hear(text);
  }

  private onState({ stream: name, state, reason, inMs }: TabMessageOf<'state'>): void {
    const share = this.shares.get(name);
    if (share) share.offer = null;
    share?.stream.mirror(state, reason, inMs);
  }

  private onReady({ to, streams }: TabMessageOf<'ready'>): void {
    if (to !== this.options.platform.id) return;
    for (const [name, share] of this.shares) {
      const terms = streams[name];
      if (!terms || share.link === terms.link) continue;
      share.offer = { terms, frames: [] };
      this.accept(name);
      // Frames of the connection before are no more: what is missing is had by an own one.
      if (share.link !== null && share.link !== terms.link) share.stream.own(true);
    }
  }

  /** Goes over to the other tab's frames as soon as they follow on everything held here. */
  private accept(name: StreamName): void {
    const share = this.shares.get(name);
    if (!share?.offer || this.options.platform.clock.mono() < share.notBefore) return;
    const { stream } = share;
    const { terms, frames } = share.offer;
    const follows = ([channel, mine]: [string, { epoch: string; seq: number }]): boolean => {
      const theirs = Object.hasOwn(terms.positions, channel) ? terms.positions[channel] : undefined;
      return theirs !== undefined && theirs.epoch === mine.epoch && theirs.seq <= mine.seq;
    };
    if (!stream.whole || !Object.entries(stream.positions()).every(follows)) return;
    share.offer = null;
    share.link = terms.link;
    stream.share(this.relay(name, share));
    for (const text of [...terms.layouts, ...frames]) stream.hear(text);
    this.tell();
  }

  private relay(name: StreamName, share: Share): Relay {
    const { clock, id } = this.options.platform;
    const wait = (ms: number): void => void (share.notBefore = clock.mono() + ms);
    return {
      send: (message: ClientMessage) => {
        if (message.type === 'unsubscribe') this.joinedAt = -Infinity;
        if (message.type !== 'subscribe' && message.type !== 'resync') return;
        wait(message.type === 'subscribe' ? JOIN_MS : MISFIT_MS);
        share.stream.own(true);
      },
      retry: () => this.options.post({ k: 'retry', from: id, stream: name }),
      latencyMs: () => this.latency[name] ?? null,
      ended: () => {
        share.link = null;
        this.tell();
      },
    };
  }

  // ---- time -------------------------------------------------------------------------------------

  private get follows(): boolean {
    return [...this.shares.values()].some((share) => share.link !== null);
  }

  private tell(): void {
    this.options.changed(this.follows, this.others);
  }

  private join(): void {
    const { post, client, platform } = this.options;
    this.joinedAt = platform.clock.mono();
    post({ k: 'join', from: platform.id, wants: [...client.channels()] });
  }

  private tick(): void {
    const { platform, post, gone } = this.options;
    const now = platform.clock.mono();
    this.ticker = platform.timers.set(() => this.tick(), TICK_MS);
    // The silence was ours.
    if (now - this.tickedAt > SLEPT_MS) this.heardAt = now;
    this.tickedAt = now;
    const open = [...this.shares.values()].some((share) => share.link === null && now >= share.notBefore);
    // While everything is shared, a request now and then keeps the tab that leads, or its successor, aware of this one.
    if (now - this.joinedAt >= (open ? JOIN_MS : 5 * JOIN_MS)) this.join();
    const silentMs = now - this.heardAt;
    if (!this.follows) {
      // Whoever speaks next leads.
      if (silentMs >= GONE_AFTER_MS) this.leader = null;
      return;
    }
    if (silentMs >= GONE_AFTER_MS + platform.random() * TICK_MS) gone();
    else if (silentMs >= ASK_AFTER_MS) post({ k: 'probe', from: platform.id });
  }
}
