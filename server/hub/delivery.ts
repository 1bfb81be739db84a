import type { Encoder, SnapshotPlan, View } from './encode';
import type { SymbolFilter } from './filter';
import type { TokenBucket } from './limits';
import type { Frame, Push } from './push';
import type { Receipt } from './reader';
import type { Replica } from './replicas';

/** One client's reading of one channel. Pending work is only a position, so it costs the same however far behind it is. */
export interface Subscription extends View {
  /** Another one when what is wanted changes. */
  filter: SymbolFilter;
  /** The hub's copy of its channel. */
  readonly replica: Replica;
  /** The name the client asked for; differs from the channel's on the compatibility endpoint. */
  readonly name: string;
  readonly resyncs: TokenBucket;
  epoch: string;
  /** Changes up to here have been looked at. */
  cursor: number;
  /** The client's position: the `seq` of the last frame it was sent. Behind `cursor` when its filter let nothing through. */
  sent: number;
  /** Snapshot under way; null = none. */
  plan: SnapshotPlan | null;
  /** false: subscribed because it is the stream's default, not because it was asked for. */
  explicit: boolean;
}

/** Where frames of one client go. */
export interface Outlet {
  ready(): boolean;
  send(data: Frame | Push | string): void;
  /** Subscription version written into frames. */
  readonly sv: number;
  /** Which row table the client has, and how many of its ids. */
  tableSid: number;
  tableLength: number;
  /** Tells what was missed; does nothing for clients that know no receipts. */
  receipt(receipt: Receipt): void;
}

/** Starts a snapshot; nothing is sent yet. */
export function startSnapshot(encoder: Encoder, sub: Subscription, resumeFrom: number | null = null): SnapshotPlan {
  sub.epoch = sub.replica.epoch;
  sub.plan = encoder.plan(sub.replica, sub, resumeFrom);
  return sub.plan;
}

/** What a reader who was at `seq` of another numbering missed, as far as it can be known, and what it can still be given. */
export function acrossReset(replica: Replica, epoch: string, seq: number): { resumeFrom: number | null; missed: number | null; lost: number } {
  if (replica.kind !== 'log' || replica.previous?.epoch !== epoch || seq > replica.previous.seq) return { resumeFrom: null, missed: null, lost: 0 };
  const tail = replica.previous.seq - seq;
  return { resumeFrom: 0, missed: tail + replica.seq, lost: tail + replica.since(0).lost };
}

/** The numbering began anew under a reader: the whole state follows, and what of a log never reached it is told. */
function restart(encoder: Encoder, sub: Subscription, outlet: Outlet): void {
  const { replica } = sub;
  const seq = sub.plan ? sub.plan.resumeFrom : sub.cursor;
  if (seq === null) return void startSnapshot(encoder, sub);
  const from = { epoch: sub.epoch, seq };
  const { resumeFrom, missed, lost } = acrossReset(replica, from.epoch, seq);
  const plan = startSnapshot(encoder, sub, resumeFrom);
  if (lost > 0) outlet.receipt({ channel: sub.channel.name, outcome: 'snapshot', reason: 'epoch_changed', from, to: { epoch: replica.epoch, seq: replica.seq }, missed, replayed: plan.total, lost });
}

/**
 * Sends what a subscription is missing when there is room: a snapshot after a new epoch or when the position is too
 * old, else the changes since its cursor. What waits is bounded by the window and one state of the channel. Returns true when something is left for want of room.
 */
export function pump(encoder: Encoder, sub: Subscription, outlet: Outlet): boolean {
  const { replica } = sub;
  // Two rounds at most: a delta that is not possible any more becomes a snapshot.
  for (let round = 0; round < 2; round++) {
    if (sub.epoch !== replica.epoch) restart(encoder, sub, outlet);
    // A book is one frame and has to be of one moment: a plan that waited for room is made anew.
    if (sub.shape === 'book' && sub.plan && sub.plan.seq !== replica.seq) startSnapshot(encoder, sub);
    if (sub.plan && !sendParts(encoder, sub, sub.plan, outlet)) return true;
    if (sub.cursor >= replica.seq) return false;
    if (!outlet.ready()) return true;
    const push = encoder.delta(replica, sub, sub.sent, sub.cursor, outlet.sv);
    if (push) {
      if (replica.kind === 'keyed') sendChanges(encoder, push, sub, outlet);
      else if (!sendItems(push, sub, outlet)) return true;
      sub.cursor = replica.seq;
      return false;
    }
    startSnapshot(encoder, sub);
  }
  return true;
}

/**
 * Keyed changes go out whole or not at all: stopping half-way would leave the keys that changed last for the next time, and under a
 * steady load those are always the same ones.
 */
function sendChanges(encoder: Encoder, push: Push, sub: Subscription, outlet: Outlet): void {
  const { to } = push;
  if (to === undefined) return;
  if (sub.shape === 'rows' || sub.shape === 'sparse') sendSchema(encoder, sub, outlet);
  outlet.send(push);
  sub.sent = to;
}

/** Items of a log wait in their order. false: there was no room for all of them. */
function sendItems(push: Push, sub: Subscription, outlet: Outlet): boolean {
  for (const frame of push.frames) {
    if (!outlet.ready()) return false;
    outlet.send(frame);
    sub.cursor = sub.sent = frame.to;
  }
  return true;
}

/** false: there was no room for all parts. */
function sendParts(encoder: Encoder, sub: Subscription, plan: SnapshotPlan, outlet: Outlet): boolean {
  for (; plan.next < plan.parts.length; plan.next++) {
    if (!outlet.ready()) return false;
    outlet.send(encoder.part(sub, plan, plan.next, outlet.sv));
  }
  sub.plan = null;
  sub.cursor = sub.sent = plan.seq;
  return true;
}

function sendSchema(encoder: Encoder, sub: Subscription, outlet: Outlet): void {
  const { rows } = encoder;
  if (outlet.tableSid === rows.sid && outlet.tableLength === rows.length) return;
  outlet.send(encoder.schema(sub.channel.name, outlet.tableSid === rows.sid ? outlet.tableLength : 0, sub.shape === 'sparse'));
  outlet.tableSid = rows.sid;
  outlet.tableLength = rows.length;
}
