import {
  MARKET_WIDE_KEY, parseChannel, STREAMS, TIMINGS,
  type BatchMessage, type BookSnapshotMessage, type BookUpdateMessage, type HeartbeatMessage, type InitialData, type ReceiptMessage, type ResumePoint, type RowsMessage, type ServerMessage, type ServerMessageOf, type StreamName,
} from '@/core/contract';
import { channelState, type ChannelState, type RawContent } from './channelState';
import { RESUME_REASONS, type Frame, type ReducerPort } from './reducerPort';
import { decodeRows, readSchema } from './rowDecoder';

/** Shortest time between two resyncs of one channel (the server allows six a minute), and after values that could not be read, ms. */
const RESYNC_EVERY_MS = 10_000;
const DAMAGE_EVERY_MS = 60_000;

/**
 * What one stream's client knows of its channels: positions, gaps, snapshots in parts, open requests (docs/protocol.md, sections 1, 3
 * and 9). No clock, no socket: time comes in with each call, results go to the port.
 */
export class Reducer {
  private readonly channels = new Map<string, ChannelState>();
  private connected = false;
  /** Plain server: it pushes by itself, and nothing can be asked of it. */
  private legacy = false;
  private lastId = 0;
  private sv = 0;

  constructor(
    private readonly stream: StreamName,
    private readonly port: ReducerPort,
  ) {
    this.add(STREAMS[stream].channel);
  }

  private add(name: string): ChannelState | null {
    const parsed = parseChannel(name);
    const state = parsed && parsed.stream === this.stream ? channelState(parsed) : null;
    if (state) this.channels.set(name, state);
    // Whoever still holds a book of this name from before must not take it for the present one.
    if (state?.book) this.port.change(state.book.change([], [], true));
    return state;
  }

  // ---- what is wanted ---------------------------------------------------------------------------

  /** Asks for a channel from now on. false: there is no such channel on this stream. */
  want(name: string, now: number): boolean {
    if (this.channels.has(name)) return true;
    const state = this.add(name);
    if (state && this.connected) this.subscribe([state], now, false);
    return state !== null;
  }

  /** Gives a channel back. The stream's own stays. */
  unwant(name: string): void {
    if (name === STREAMS[this.stream].channel || !this.channels.delete(name)) return;
    if (this.connected && !this.legacy) this.port.send({ type: 'unsubscribe', id: this.nextId(), channels: [name] });
  }

  /** Positions for the next `hello`. */
  resumePoints(): Record<string, ResumePoint> {
    const held = [...this.channels.values()].filter((s) => s.held && !s.damaged && s.rejected === null);
    return Object.fromEntries(held.flatMap((s) => (s.position ? [[s.channel.name, s.position]] : [])));
  }

  /** Every channel that counts is whole on this connection. */
  get synced(): boolean {
    return this.connected && [...this.channels.values()].every((s) => s.fresh || !s.counted || s.rejected !== null);
  }

  /** Every channel is whole on this connection, or refused; also those that do not count yet. */
  get whole(): boolean {
    return this.connected && [...this.channels.values()].every((s) => s.fresh || s.rejected !== null);
  }

  // ---- connection -------------------------------------------------------------------------------

  /** The server has greeted. `resume` is what our hello named; null = a plain server that greets nobody. */
  opened(hello: ServerMessageOf<'hello'> | null, resume: Readonly<Record<string, ResumePoint>>, now: number): void {
    this.connected = true;
    this.legacy = hello === null;
    const missing: ChannelState[] = [];
    for (const state of this.channels.values()) {
      const { name } = state.channel;
      state.rejected = null;
      state.counted = true;
      const named = Object.hasOwn(resume, name);
      const why = hello?.reasons?.[name];
      // A refused resume is a refused channel; a position that is no good gets a receipt and a snapshot instead.
      if (named && hello?.resumed?.[name] === false && why !== undefined && !RESUME_REASONS.has(why)) this.reject(state, why);
      else if (named || name === STREAMS[this.stream].channel) state.request = { id: -1, at: now, again: false };
      else missing.push(state);
    }
    if (missing.length > 0) this.subscribe(missing, now, false);
    // Given back while the greeting was under way.
    const gone = Object.keys(resume).filter((name) => !this.channels.has(name));
    if (gone.length > 0) this.port.send({ type: 'unsubscribe', id: this.nextId(), channels: gone });
  }

  closed(): void {
    this.connected = false;
    this.sv = 0;
    for (const state of this.channels.values()) {
      state.disconnected();
      if (state.held) this.doubt(state, 'stale', 'Cut off from the server; these levels are the last ones received');
    }
  }

  /** Positions are void (close code 4004). */
  forget(): void {
    for (const state of this.channels.values()) state.forget();
  }

  private nextId(): number {
    return (this.lastId = (this.lastId % 1_000_000_000) + 1);
  }

  private subscribe(states: readonly ChannelState[], now: number, again: boolean): void {
    const id = this.nextId();
    for (const state of states) state.request = { id, at: now, again };
    if (this.legacy) {
      for (const state of states) this.reject(state, 'unsupported_version');
      return;
    }
    this.port.send({ type: 'subscribe', id, channels: states.map((s) => s.channel.name) });
  }

  private reject(state: ChannelState, code: string): void {
    state.request = state.resync = null;
    state.rejected = code;
    this.doubt(state, 'stale', `The server does not give this book (${code.replaceAll('_', ' ')})`);
    this.port.rejected(state.channel.name, code);
  }

  /** Time passes: requests without an answer are sent again, with a new id; a resync that had to wait goes out. */
  tick(now: number): void {
    if (!this.connected || this.legacy) return;
    const late = [...this.channels.values()].filter((s) => s.request !== null && now - s.request.at >= TIMINGS.requestMs);
    if (late.length > 0) this.subscribe(late, now, true);
    for (const state of this.channels.values()) {
      if (state.resync && now - state.resync.at >= TIMINGS.requestMs) {
        state.resync = null;
        state.resyncWanted = true;
      }
      if (state.resyncWanted || state.book?.wrong) this.resync(state, now);
    }
  }

  private resync(state: ChannelState, now: number): void {
    if (!this.connected || this.legacy || state.resync || state.request) return;
    state.resyncWanted = now < state.resyncNotBefore;
    if (state.resyncWanted) return;
    const id = this.nextId();
    state.resync = { id, at: now };
    state.resyncNotBefore = now + RESYNC_EVERY_MS;
    const have = state.damaged ? null : state.position;
    this.port.send({ type: 'resync', id, channel: state.channel.name, sv: this.sv, ...(have ? { have } : {}) });
  }

  // ---- messages ---------------------------------------------------------------------------------

  /** Takes what concerns channels; everything else is the stream's. */
  handle(message: ServerMessage, now: number): void {
    if (!('type' in message)) return this.rows(message, now);
    switch (message.type) {
      case 'initial_data':
        return this.snapshot(message, now);
      case 'batch':
        return this.batch(message, now);
      case 'market_update':
      case 'signal_update':
      case 'binary_update':
        return this.single(message, now);
      case 'book_snapshot':
      case 'book_update':
        return this.book(message, now);
      case 'schema':
        return this.schema(message);
      case 'subscribed':
        return this.subscribed(message, now);
      case 'heartbeat':
        return this.heartbeat(message, now);
      case 'receipt':
        return this.receipt(message);
      case 'error':
        return this.error(message, now);
      default:
        return;
    }
  }

  /** A snapshot from elsewhere (REST) while the socket is down: the later socket resumes from its position. */
  adopt(message: InitialData, now: number): void {
    this.snapshot(message, now);
  }

  private snapshot(message: InitialData, now: number): void {
    const state = this.channels.get(message.channel);
    if (!state) return;
    // Positions never go back inside an epoch: a late copy of an older snapshot says nothing new.
    if (state.epoch === message.epoch && message.seq < state.seq) return;
    const content = state.collect(message);
    if (content === 'broken') this.gap(state, now);
    else if (typeof content === 'object') {
      const lost = state.lostBefore;
      state.lostBefore = 0;
      this.take(state, { epoch: message.epoch, prev: 0, seq: message.seq }, { ...content, lost }, true, now);
    }
  }

  private book(message: BookSnapshotMessage | BookUpdateMessage, now: number): void {
    const state = this.channels.get(message.channel);
    if (!state?.book) return;
    const whole = message.type === 'book_snapshot';
    if (whole ? state.epoch === message.epoch && message.seq < state.seq : !this.follows(state, message, now)) return;
    const { epoch, seq } = message;
    // Ended here, not by the position alone: the state is told once, together with the levels.
    state.book.confirmed();
    this.advance(state, { epoch, prev: 0, seq }, whole);
    const before = state.book.wrong;
    this.port.change(state.book.take(message, now));
    if (!state.book.wrong) return;
    state.damaged = true;
    if (!before) this.port.refused(`${message.channel} does not add up`);
    this.resync(state, now);
  }

  private batch(message: BatchMessage, now: number): void {
    const state = this.channels.get(message.channel);
    if (!state || !this.follows(state, message, now)) return;
    this.noteVersion(message.sv);
    const updates = (message.updates ?? []).map((u) => [u.symbol ?? MARKET_WIDE_KEY, u.data] as const);
    const { removed = [], items = [], lost = 0 } = message;
    this.take(state, message, { updates, removed, items, lost }, false, now);
  }

  private single(message: ServerMessageOf<'market_update' | 'signal_update' | 'binary_update'>, now: number): void {
    const state = this.channels.get(message.channel ?? STREAMS[this.stream].channel);
    if (!state) return;
    const { epoch, prev, seq } = message;
    const frame = epoch !== undefined && prev !== undefined && seq !== undefined ? { epoch, prev, seq } : null;
    // A plain server may repeat an unchanged value with its old position: it is newer in age.
    const repeat = frame !== null && frame.epoch === state.epoch && frame.seq === state.seq;
    if (frame && !repeat && !this.legacy && !this.follows(state, frame, now)) return;
    const content: RawContent = message.type === 'signal_update' ? { updates: [], items: [message.data] } : { updates: [[message.symbol ?? MARKET_WIDE_KEY, message.data]] };
    this.take(state, frame, content, false, now);
  }

  private rows(message: RowsMessage, now: number): void {
    const state = [...this.channels.values()].find((s) => s.schema?.sid === message.c);
    if (!state?.schema) return this.port.broken(`rows of an unknown schema ${message.c}`);
    const frame = { epoch: message.e, prev: message.p, seq: message.q };
    if (!this.follows(state, frame, now)) return;
    this.noteVersion(message.v);
    const { updates, invalid, unknown } = decodeRows(message, state.schema, state.values);
    if (unknown > 0) return this.port.broken(`${unknown} rows without a name`);
    this.advance(state, frame);
    state.keep(updates);
    this.port.change({ family: 'market', channel: state.channel.name, symbol: null, updates, items: [], lost: 0, replace: false, receivedAt: now });
    if (invalid > 0) this.damage(state, invalid, now);
  }

  private schema(message: ServerMessageOf<'schema'>): void {
    const state = this.channels.get(message.channel);
    if (state?.channel.family !== 'market') return;
    state.schema = readSchema(message, state.schema);
    if (!state.schema) this.port.broken('a table layout that does not continue the one before');
  }

  private subscribed(message: ServerMessageOf<'subscribed'>, now: number): void {
    this.noteVersion(message.sv);
    for (const { channel, code } of message.rejected) {
      const state = channel === undefined ? undefined : this.channels.get(channel);
      if (state && this.answers(state, message.id)) this.reject(state, code);
    }
    for (const entry of message.channels) {
      const state = this.channels.get(entry.channel);
      // The answer to a request that a later one replaced must not count: the later one may have undone it.
      if (!state || !this.answers(state, message.id)) continue;
      const again = state.request?.again ?? false;
      const has = entry.data !== undefined || entry.items !== undefined;
      if (!has) {
        // Nothing in it: either a snapshot in parts follows, or the server thinks that we hold the channel already.
        if (state.held && state.epoch === entry.epoch && state.seq === entry.asof) this.confirm(state);
        else if (again) {
          state.request = null;
          this.gap(state, now);
        }
        continue;
      }
      state.request = null;
      const content = { updates: Object.entries(entry.data ?? {}), items: entry.items ?? [] };
      if (state.held && state.epoch === entry.epoch && state.seq > entry.asof) continue;
      this.take(state, { epoch: entry.epoch, prev: 0, seq: entry.asof }, content, true, now);
    }
  }

  private answers(state: ChannelState, id: number | undefined): boolean {
    return id === undefined || state.request?.id === id;
  }

  private heartbeat(message: HeartbeatMessage, now: number): void {
    for (const state of this.channels.values()) {
      const { name } = state.channel;
      const pos = Object.hasOwn(message.pos, name) ? message.pos[name] : undefined;
      if (!pos) {
        // Not named once: its snapshot may be under way. Twice in a row: the server does not know that we want it.
        if (state.rejected === null && !state.request && ++state.unnamed >= 2) this.subscribe([state], now, true);
        continue;
      }
      state.unnamed = 0;
      if (state.parts) continue;
      if (state.held && pos.epoch === state.epoch && pos.seq <= state.seq) this.confirm(state);
      else if (state.held || !state.request) this.gap(state, now);
    }
  }

  private receipt(message: ReceiptMessage): void {
    const state = this.channels.get(message.channel);
    if (state && message.outcome === 'current' && state.epoch === message.to.epoch && state.seq === message.to.seq) this.confirm(state);
    // What is lost for good is told with the list that follows, too: whoever shows it marks the hole with its number.
    if (state && message.outcome === 'snapshot') state.lostBefore = message.lost;
    this.port.receipt(message);
  }

  private error(message: ServerMessageOf<'error'>, now: number): void {
    if (message.id === undefined) return;
    for (const state of this.channels.values()) {
      if (state.resync?.id === message.id) {
        state.resync = null;
        state.resyncWanted = true;
        state.resyncNotBefore = now + Math.max(1_000, message.retry_after_ms ?? 0);
        if (message.code === 'not_subscribed') this.subscribe([state], now, true);
      }
      if (state.request?.id === message.id && !message.retryable) this.reject(state, message.code);
    }
  }

  // ---- state ------------------------------------------------------------------------------------

  /** The prev rule: apply, ignore a duplicate, or ask for what is missing. */
  private follows(state: ChannelState, { epoch, prev, seq }: Frame, now: number): boolean {
    if (state.epoch === epoch && seq <= state.seq) return false;
    if (state.epoch === epoch && prev <= state.seq) return true;
    // Before the first state of a channel that was asked for, frames of an earlier subscription may still arrive.
    if (!state.held && state.request) return false;
    this.gap(state, now);
    return false;
  }

  private take(state: ChannelState, frame: Frame | null, content: RawContent, replace: boolean, now: number): void {
    if (frame) this.advance(state, frame, replace);
    else this.confirm(state);
    const { change, invalid } = state.validate(content, replace, now);
    this.port.change(change);
    if (invalid > 0) this.damage(state, invalid, now);
  }

  private advance(state: ChannelState, { epoch, seq }: Frame, whole = false): void {
    state.epoch = epoch;
    state.seq = Math.max(seq, whole ? 0 : state.seq);
    if (whole) state.damaged = false;
    if (this.connected) this.confirm(state);
  }

  private confirm(state: ChannelState): void {
    state.fresh = state.counted = true;
    state.request = state.resync = null;
    // A right position does not make up for values that could not be read.
    state.resyncWanted &&= state.damaged;
    if (state.book?.confirmed()) this.port.change(state.book.change());
  }

  /** Says at once that a held book may not be whole. */
  private doubt({ book }: ChannelState, why: 'gap' | 'stale', reason: string): void {
    if (book?.suspect('missing', why, reason)) this.port.change(book.change());
  }

  private gap(state: ChannelState, now: number): void {
    state.fresh = false;
    if (state.held) this.doubt(state, 'gap', 'Updates are missing; loading them');
    if (!state.resync) state.resyncWanted = true;
    this.resync(state, now);
  }

  /** Values that could not be read: the rest counts, the whole is asked for anew, but not for ever at once. */
  private damage(state: ChannelState, invalid: number, now: number): void {
    this.port.refused(`${invalid} of ${state.channel.name}`);
    state.damaged = true;
    if (now < state.repairNotBefore) return;
    state.repairNotBefore = now + DAMAGE_EVERY_MS;
    state.resyncWanted = true;
    this.resync(state, now);
  }

  private noteVersion(sv: number | undefined): void {
    if (sv !== undefined && sv > this.sv) this.sv = sv;
  }
}
