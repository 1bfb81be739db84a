import { encode, LIMITS, type ClientMessageOf, type ErrorName, type ParsedChannel, type ResumePoint } from '@/core/contract';
import type { HubContext } from './context';
import { acrossReset, startSnapshot, type Subscription } from './delivery';
import type { Shape } from './encode';
import { SymbolFilter } from './filter';
import { legacyChannel } from './legacy';
import { TokenBucket } from './limits';
import { UNSET_EPOCH, type KeyedChannel } from './keyedChannel';
import type { Reader, Receipt } from './reader';

type Rejected = { channel?: string; symbol?: string; code: ErrorName };
interface Target {
  readonly channel: ParsedChannel;
  readonly symbols: readonly string[] | null;
  readonly shape: Shape;
}

/** What one client reads: subscribe, unsubscribe, resume and resync. */
export class Subscriptions {
  /** A handful for most clients, a few dozen at the most. */
  private readonly subs: Subscription[] = [];
  /** The one there is, when there is one: most clients read one channel, and each step on the way to it waits for memory at every push. */
  only: Subscription | null = null;
  /** Bytes of state that still go into the answer being made; what is more follows in parts. */
  private room = 0;

  constructor(
    private readonly hub: HubContext,
    private readonly client: Reader,
  ) {}

  get all(): readonly Subscription[] {
    return this.subs;
  }

  private changed(): void {
    this.only = this.subs.length === 1 ? (this.subs[0] ?? null) : null;
  }

  private get(name: string): Subscription | undefined {
    return this.subs.find((sub) => sub.name === name);
  }

  /** Subscribes the stream's own channel, all symbols, unless a resume already did. */
  openDefault(): void {
    const channel = this.client.defaultChannel;
    if (channel && !this.get(channel.name)) this.openWhole(channel.name, { channel, symbols: null, shape: this.shape(channel) }, false);
  }

  private shape(channel: ParsedChannel): Shape {
    if (channel.family === 'book') return 'book';
    if (this.client.dialect === 'plain') return 'single';
    if (this.client.dialect !== 'rows' || channel.family !== 'market') return 'objects';
    return this.client.sparse ? 'sparse' : 'rows';
  }

  /** Opens a subscription that starts with the whole state. */
  private openWhole(name: string, target: Target, explicit: boolean): Subscription {
    const sub = this.open(name, target, explicit);
    startSnapshot(this.hub.encoder, sub);
    return sub;
  }

  private open(name: string, target: Target, explicit: boolean): Subscription {
    const { channel, symbols, shape } = target;
    const filter = symbols && channel.symbol === null ? SymbolFilter.only(symbols) : SymbolFilter.everything;
    const { clock, options, replicas } = this.hub;
    const at = this.subs.findIndex((sub) => sub.name === name);
    const resyncs = this.subs[at]?.resyncs ?? new TokenBucket(options.resyncsPerMinute / 60, options.resyncsPerMinute, clock.monotonic());
    const sub: Subscription = { name, channel, replica: replicas.ensure(channel), filter, shape, resyncs, epoch: UNSET_EPOCH, cursor: 0, sent: 0, plan: null, explicit };
    this.subs.splice(at < 0 ? this.subs.length : at, 1, sub);
    this.changed();
    return sub;
  }

  /** Which channel a name means for this client, or why it cannot be had. */
  private resolve(name: string): Target | ErrorName {
    const { client } = this;
    const legacy = client.endpoint === 'any' && client.dialect === 'plain' ? legacyChannel(name) : null;
    const channel = this.hub.replicas.channelOf(legacy?.channel ?? name);
    if (!channel || (channel.venue !== null && !this.hub.knownVenue(channel.venue))) return 'unknown_channel';
    if (client.endpoint !== 'any' && channel.stream !== client.endpoint) return 'unknown_channel';
    if (channel.symbol !== null && !this.hub.knownSymbol(channel.symbol)) return 'unknown_symbol';
    return { channel, symbols: legacy?.symbols ?? null, shape: legacy ? `price:${name}` : this.shape(channel) };
  }

  private get namedSymbols(): number {
    let n = 0;
    for (const sub of this.subs) n += sub.filter.size;
    return n;
  }

  // ---- subscribe ------------------------------------------------------------------------------

  subscribe(message: ClientMessageOf<'subscribe'>): void {
    const { client } = this;
    const names = message.channels ?? (client.defaultChannel ? [client.defaultChannel.name] : []);
    if (names.length === 0) return client.error('bad_message', 'channels are missing', message.id);
    const rejected: Rejected[] = [];
    const symbols = message.symbols?.filter((symbol) => {
      const known = this.hub.knownSymbol(symbol);
      if (!known) rejected.push({ symbol, code: 'unknown_symbol' });
      return known;
    });
    const answers: string[] = [];
    this.room = LIMITS.snapshotPartBytes;
    client.sv++;
    for (const name of new Set(names)) {
      const answer = this.subscribeOne(name, symbols);
      if (answer.ok) answers.push(answer.text);
      else if (answer.code) rejected.push({ channel: name, code: answer.code });
    }
    for (const { code } of rejected) client.refused(code);
    const id = message.id === undefined ? '' : `"id":${message.id},`;
    client.send(`{"type":"subscribed",${id}"sv":${client.sv},"channels":[${answers.join()}],"rejected":${JSON.stringify(rejected)}}`);
    client.flushAll();
  }

  private subscribeOne(name: string, symbols: readonly string[] | undefined): { ok: true; text: string } | { ok: false; code: ErrorName | null } {
    const target = this.resolve(name);
    if (typeof target === 'string') return { ok: false, code: target };
    const wanted = target.channel.symbol === null ? symbols : undefined;
    // Every symbol was refused already: nothing of this channel is wanted.
    if (wanted?.length === 0) return { ok: false, code: null };
    const existing = this.get(name);
    if (!existing && this.subs.length >= this.hub.options.channels) return { ok: false, code: 'too_many_channels' };
    if (this.namedSymbols + (wanted?.length ?? 0) > this.hub.options.symbols) return { ok: false, code: 'too_many_symbols' };
    if (!existing && !this.hub.wants.hold(target.channel)) return { ok: false, code: 'overloaded' };
    if (!existing) return { ok: true, text: this.opened(this.openWhole(name, { ...target, symbols: target.symbols ?? wanted ?? null }, true), wanted) };
    return { ok: true, text: this.widened(existing, wanted) };
  }

  /** Answer for a new subscription. A small state travels in it, a big one follows in parts. */
  private opened(sub: Subscription, symbols: readonly string[] | undefined): string {
    const { plan } = sub;
    const first = plan?.parts[0];
    // A book follows in a message of its own.
    if (!plan || !first || sub.shape === 'book' || plan.parts.length > 1 || this.client.dialect === 'plain' || !this.client.ready()) return answer(sub, plan?.seq ?? sub.sent, symbols, '');
    const content = this.fitting(this.hub.encoder.content(sub.channel, first));
    if (content === null) return answer(sub, plan.seq, symbols, '');
    sub.plan = null;
    sub.cursor = sub.sent = plan.seq;
    return answer(sub, plan.seq, symbols, content);
  }

  /** Content of an answer if there is room for it. */
  private fitting(content: string): string | null {
    if (content.length > this.room) return null;
    this.room -= content.length;
    return `,${content}`;
  }

  /** Answer for more symbols of a channel that is already read. */
  private widened(sub: Subscription, symbols: readonly string[] | undefined): string {
    const { dialect } = this.client;
    const { replica } = sub;
    // A plain client that names symbols for the first time wants these instead of everything.
    const narrow = dialect === 'plain' && !sub.explicit && symbols !== undefined;
    sub.explicit = true;
    if (narrow || !symbols) {
      const reopen = narrow || !sub.filter.passesAll;
      if (!reopen) return answer(sub, sub.sent, symbols ?? undefined, '');
      return this.opened(this.openWhole(sub.name, { channel: sub.channel, symbols: symbols ?? null, shape: sub.shape }, true), symbols);
    }
    // What the old filter let through goes out first, so that `asof` can stand for the whole channel.
    this.client.flush(sub);
    const added = sub.filter.missing(symbols);
    sub.filter = sub.filter.with(added);
    if (added.length === 0) return answer(sub, sub.sent, added, '');
    // Their state goes into the answer when the reader is otherwise whole and has room; else the channel is sent anew.
    const whole = dialect !== 'plain' && !sub.plan && sub.cursor >= replica.seq && this.client.ready();
    const content = whole && replica.kind === 'keyed' ? this.fitting(this.stateOf(sub, replica, added)) : null;
    if (content === null) startSnapshot(this.hub.encoder, sub);
    return answer(sub, replica.seq, added, content ?? '');
  }

  private stateOf(sub: Subscription, replica: KeyedChannel, symbols: readonly string[]): string {
    const filter = SymbolFilter.only(symbols);
    return this.hub.encoder.content(sub.channel, replica.state((key) => key !== '*' && filter.accepts(key)));
  }

  // ---- unsubscribe ----------------------------------------------------------------------------

  unsubscribe(message: ClientMessageOf<'unsubscribe'>): void {
    const { client } = this;
    const names = message.channels ?? (message.symbols ? this.subs.filter((s) => s.channel.symbol === null) : this.subs).map((s) => s.name);
    const held = names.filter((name) => this.get(name));
    if (held.length === 0) return client.error('not_subscribed', '', message.id);
    client.sv++;
    for (const name of held) {
      const sub = this.get(name);
      if (!sub) continue;
      sub.explicit = true;
      if (message.symbols && sub.channel.symbol === null) sub.filter = sub.filter.without(message.symbols);
      if (!message.symbols || sub.channel.symbol !== null || sub.filter.passesNothing) this.drop(sub);
    }
    const extra = { ...(message.id === undefined ? {} : { id: message.id }), ...(message.symbols ? { symbols: message.symbols } : {}) };
    client.send(encode({ type: 'unsubscribed', sv: client.sv, channels: held, ...extra }));
  }

  private drop(sub: Subscription): void {
    this.subs.splice(this.subs.indexOf(sub), 1);
    this.changed();
    this.hub.wants.release(sub.channel);
  }

  /** The connection is gone. */
  end(): void {
    for (const sub of [...this.subs]) this.drop(sub);
  }

  // ---- resume and resync ----------------------------------------------------------------------

  /** Takes up the positions of a `hello`. Nothing is sent yet: receipts go after the greeting, data after the receipts. */
  resumeAll(points: Readonly<Record<string, ResumePoint>>) {
    const resumed: [string, boolean][] = [];
    const reasons: [string, string][] = [];
    const receipts: Receipt[] = [];
    for (const [name, point] of Object.entries(points)) {
      const target = this.resolve(name);
      const full = this.subs.length >= this.hub.options.channels ? 'too_many_channels' : null;
      const over = this.namedSymbols + (point.symbols?.length ?? 0) > this.hub.options.symbols ? 'too_many_symbols' : null;
      const refused = typeof target === 'string' ? target : (full ?? over ?? (this.hub.wants.hold(target.channel) ? null : 'overloaded'));
      if (refused !== null || typeof target === 'string') {
        resumed.push([name, false]);
        reasons.push([name, refused ?? 'unknown_channel']);
        continue;
      }
      const sub = this.open(name, { ...target, symbols: point.symbols ?? null }, true);
      const receipt = this.position(sub, point);
      receipts.push(receipt);
      resumed.push([name, receipt.outcome !== 'snapshot']);
      if (receipt.reason) reasons.push([name, receipt.reason]);
    }
    return { resumed: Object.fromEntries(resumed), reasons: Object.fromEntries(reasons), receipts };
  }

  /** Puts a subscription at a client's position if the gap can be bridged, else plans a snapshot; says which. */
  private position(sub: Subscription, have: { epoch: string; seq: number } | null, forced?: Receipt['reason']): Receipt {
    const { replica } = sub;
    const base = { channel: sub.channel.name, from: have && { epoch: have.epoch, seq: have.seq }, to: { epoch: replica.epoch, seq: replica.seq } };
    const snapshot = (reason: Receipt['reason'], resumeFrom: number | null = null): Receipt => {
      const plan = startSnapshot(this.hub.encoder, sub, resumeFrom);
      const missed = resumeFrom === null || !have ? null : replica.seq - have.seq;
      const lost = missed !== null && replica.kind === 'log' ? replica.since(have?.seq ?? 0).lost : 0;
      return { ...base, outcome: 'snapshot', reason, missed, replayed: plan.total, lost };
    };
    if (!have) return snapshot(forced ?? 'fresh');
    if (have.epoch !== replica.epoch) {
      const { resumeFrom, missed, lost } = acrossReset(replica, have.epoch, have.seq);
      return { ...snapshot('epoch_changed', resumeFrom), missed, lost };
    }
    if (have.seq > replica.seq) return snapshot('unknown_position');
    // What a client says it holds of a book may be what its checksum found wrong.
    if (sub.shape === 'book') return snapshot('fresh');
    if (forced) return snapshot(forced, replica.kind === 'log' ? null : have.seq);
    const accept = sub.filter.passesAll ? null : sub.filter.accepts;
    const missed = replica.seq - have.seq;
    let replayed: number;
    if (replica.kind === 'keyed') {
      const changes = replica.changedSince(have.seq, accept);
      if (!changes) return snapshot('too_old', have.seq);
      replayed = changes.length;
    } else {
      const { items, lost } = replica.since(have.seq);
      if (lost > 0) return snapshot('too_old', have.seq);
      replayed = items.length;
    }
    sub.plan = null;
    sub.epoch = replica.epoch;
    sub.cursor = sub.sent = have.seq;
    return { ...base, outcome: missed === 0 ? 'current' : 'delta', missed, replayed, lost: 0 };
  }

  resync(message: ClientMessageOf<'resync'>): void {
    const { client } = this;
    const sub = this.get(message.channel);
    if (!sub) return client.error('not_subscribed', message.channel, message.id);
    // A snapshot under way answers it already.
    if (sub.plan) return client.error('rate_limited', 'a resync of this channel is open', message.id, 1_000);
    if (!sub.resyncs.take(this.hub.clock.monotonic())) return client.error('rate_limited', 'too many resyncs', message.id, sub.resyncs.waitMs());
    client.sv = Math.max(client.sv + 1, message.sv ?? 0);
    const changed = message.symbols !== undefined && sub.channel.symbol === null && !sub.filter.equals(message.symbols);
    const target = changed ? this.refilter(sub, message.symbols ?? []) : sub;
    if (!target) return client.error('too_many_symbols', '', message.id);
    client.receipt(this.position(target, message.have ?? null, changed ? 'filter_changed' : undefined));
    client.flush(target);
  }

  /** The client's own list is the truth about what it wants. */
  private refilter(sub: Subscription, symbols: readonly string[]): Subscription | null {
    if (this.namedSymbols - sub.filter.size + symbols.length > this.hub.options.symbols) return null;
    return this.open(sub.name, { channel: sub.channel, symbols, shape: sub.shape }, true);
  }
}

/** One entry of `subscribed.channels`, as text. */
function answer(sub: Subscription, asof: number, symbols: readonly string[] | undefined, content: string): string {
  const named = symbols && sub.channel.symbol === null ? `,"symbols":${JSON.stringify(symbols)}` : '';
  return `{"channel":${JSON.stringify(sub.name)},"epoch":${JSON.stringify(sub.epoch)},"asof":${asof}${named}${content}}`;
}
