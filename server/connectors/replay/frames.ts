import type { InputEvent } from '@/core/market/events';
import type { Instrument } from '@/core/market/instrument';
import { err, ok, type Result } from '@/core/util/result';
import type { FrameMapper, VenueEntry } from '../base/frames';
import { checkReadable, readRecording, type Envelope } from './reader';

export interface ReplayStats {
  /** Messages of venues: received frames and REST answers. */
  frames: number;
  /** Unreadable lines, and messages of connections that no venue claims. */
  corrupt: number;
  /** Feed time of the newest line, ms since the epoch; it never decreases. */
  time: number;
}

export interface RouterOptions {
  readonly venues: readonly VenueEntry[];
  readonly instruments: readonly Instrument[];
  readonly emit: (event: InputEvent) => void;
  /** A venue occurs for the first time. */
  readonly onVenue?: (id: string, at: number) => void;
}

/** Gives each line of a recording to the mapper of its venue. */
export class ReplayRouter {
  readonly stats: ReplayStats = { frames: 0, corrupt: 0, time: 0 };
  private readonly mappers = new Map<string, FrameMapper>();
  private readonly connections = new Map<string, FrameMapper>();

  constructor(private readonly options: RouterOptions) {}

  accept(envelope: Envelope): void {
    const at = Math.max(this.stats.time, envelope.at);
    this.stats.time = at;
    switch (envelope.t) {
      case 'connect': {
        const mapper = this.byUrl(envelope.url, at);
        if (mapper) this.connections.set(envelope.conn, mapper);
        return mapper?.connected(envelope.url, at);
      }
      case 'send':
        return this.connections.get(envelope.conn)?.sent(envelope.raw, at);
      case 'recv':
        this.stats.frames += 1;
        return this.received(envelope.conn, envelope.raw, at);
      case 'http':
        this.stats.frames += 1;
        return this.byUrl(envelope.url, at)?.answered(envelope.url, envelope.status, envelope.raw, at);
    }
  }

  private received(conn: string, raw: string, at: number): void {
    let mapper = this.connections.get(conn);
    if (!mapper) {
      const entry = this.options.venues.find((v) => v.recognises(raw));
      // An ack may precede the first message that tells the venue; it carries nothing.
      if (!entry) return;
      mapper = this.mapper(entry, at);
      this.connections.set(conn, mapper);
    }
    mapper.received(raw, at);
  }

  private byUrl(url: string, at: number): FrameMapper | null {
    const entry = venueOfUrl(this.options.venues, url);
    if (entry) return this.mapper(entry, at);
    this.stats.corrupt += 1;
    return null;
  }

  private mapper(entry: VenueEntry, at: number): FrameMapper {
    const { id } = entry.descriptor;
    let mapper = this.mappers.get(id);
    if (!mapper) {
      mapper = entry.frames(this.options);
      this.mappers.set(id, mapper);
      this.options.onVenue?.(id, at);
    }
    return mapper;
  }
}

function venueOfUrl(venues: readonly VenueEntry[], url: string): VenueEntry | null {
  const { hostname } = new URL(url);
  return venues.find((v) => v.ownsHost(hostname)) ?? null;
}

/** Runs a whole recording as fast as possible. `onTime` is called before each line with its feed time. */
export async function replayFrames(path: string, options: RouterOptions & { readonly onTime?: (at: number) => void }): Promise<ReplayStats & { readonly damage: string | null }> {
  const router = new ReplayRouter(options);
  let damage: string | null = null;
  for await (const chunk of readRecording(path)) {
    router.stats.corrupt += chunk.corrupt;
    damage ??= chunk.damage;
    for (const envelope of chunk.envelopes) {
      options.onTime?.(Math.max(router.stats.time, envelope.at));
      router.accept(envelope);
    }
  }
  return { ...router.stats, damage };
}

export interface FrameBatchOptions {
  readonly venues: readonly VenueEntry[];
  readonly instruments: readonly Instrument[];
  /** Time of the first line, ms. */
  readonly from: number;
  /** Counted while it is read. */
  readonly stats: { frames: number; corrupt: number; damage: string | null };
}

/** After a hole in the recording a few clock steps do what thousands would. */
const MOST_SECONDS = 600;

/** A recording as the complete list of the engine's inputs: mode, states of the venues, a clock at each whole second of its time, and the values. */
export async function* frameBatches(path: string, { venues, instruments, from, stats }: FrameBatchOptions): AsyncGenerator<readonly InputEvent[]> {
  let batch: InputEvent[] = [{ type: 'mode', mode: 'replay', reason: 'a recording is replayed: not the present market', receiveTime: from }];
  let second = Math.ceil(from / 1_000);
  const router = new ReplayRouter({
    venues, instruments, emit: (event) => batch.push(event),
    onVenue: (venue, at) => batch.push({ type: 'feedStatus', venue, state: 'live', reason: 'replay', receiveTime: at }),
  });
  for await (const chunk of readRecording(path)) {
    router.stats.corrupt += chunk.corrupt;
    stats.damage ??= chunk.damage;
    for (const envelope of chunk.envelopes) {
      const at = Math.max(router.stats.time, envelope.at);
      if (at / 1_000 - second > MOST_SECONDS) second = Math.floor(at / 1_000) - MOST_SECONDS;
      for (; second * 1_000 <= at; second += 1) batch.push({ type: 'clock', receiveTime: second * 1_000 });
      router.accept(envelope);
    }
    stats.frames = router.stats.frames;
    stats.corrupt = router.stats.corrupt;
    yield batch;
    batch = [];
  }
  yield [{ type: 'clock', receiveTime: Math.max(second * 1_000, router.stats.time) }];
}

/** First and last time of a recording's lines, ms: reads all of it. */
export async function spanOf(path: string): Promise<{ readonly from: number; readonly to: number }> {
  let from = Infinity;
  let to = -Infinity;
  for await (const { envelopes } of readRecording(path)) {
    for (const { at } of envelopes) {
      from = Math.min(from, at);
      to = Math.max(to, at);
    }
  }
  return { from, to };
}

export interface ReplayFileInfo {
  readonly path: string;
  /** Venue of the first message. */
  readonly venue: string;
  /** Recorder's time of the first line, ms since the epoch. */
  readonly firstTime: number;
}

/** Lines looked at to find out whose messages a file holds. */
const LINES_TO_JUDGE = 200;

/** Looks at the start of a recording; the error is one clear line for the user. */
export async function checkReplayFile(path: string, venues: readonly VenueEntry[]): Promise<Result<ReplayFileInfo, string>> {
  const readable = await checkReadable(path);
  if (!readable.ok) return readable;
  let firstTime: number | null = null;
  let looked = 0;
  const strangers = new Set<string>();
  for await (const chunk of readRecording(path)) {
    if (chunk.damage && firstTime === null) return err(`${path}: ${chunk.damage}`);
    looked += chunk.corrupt;
    for (const envelope of chunk.envelopes) {
      firstTime ??= envelope.at;
      looked += 1;
      const venue = 'url' in envelope ? venueOfUrl(venues, envelope.url) : envelope.t === 'recv' ? venues.find((v) => v.recognises(envelope.raw)) : null;
      if (venue) return ok({ path, venue: venue.descriptor.id, firstTime });
      if ('url' in envelope) strangers.add(new URL(envelope.url).hostname);
    }
    if (looked >= LINES_TO_JUDGE) break;
  }
  const known = venues.map((v) => v.descriptor.id).join(', ');
  if (strangers.size > 0) return err(`${path} holds messages of ${[...strangers].join(', ')}, for which there is no mapper (known venues: ${known})`);
  return err(firstTime === null ? `${path} is not a recording: no line has the keys t, ts and raw` : `${path} holds no messages of a known venue (${known})`);
}
