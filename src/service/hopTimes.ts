import type { ClientHop, ClientMetricsReport } from '@/core/contract';

/** Upper bounds of the histograms, ms; one more bucket holds what is above all. */
export const HOP_BOUNDS_MS = [1, 2, 4, 6, 8, 12, 16, 24, 33, 50, 75, 100, 150, 200, 300, 500, 1_000, 2_000, 5_000, 10_000] as const;
/** What is shown covers this much time up to twice of it, ms. */
const WINDOW_MS = 120_000;
/** A quartz clock drifts by about this much; an estimate gets worse by it while it is not renewed. */
const DRIFT = 1e-4;
/** Send time in the head of a frame of table rows. */
const SENT_AT = /^\{"t":"b"[^[]{0,200}"ts":(\d{1,16}),/;
const PONG = /^\{"type":"pong"/;

/** Median and 99th percentile of one hop, ms; null without observations. */
export interface HopFigures {
  readonly n: number;
  readonly p50: number | null;
  readonly p99: number | null;
}
/** The server's clock minus the browser's, and how far that may be wrong, ms. */
export interface ClockEstimate {
  readonly offsetMs: number;
  readonly errorMs: number;
}
export interface HopView {
  readonly hops: Readonly<Record<ClientHop, HopFigures>>;
  readonly clock: ClockEstimate | null;
}

const emptyCounts = (): number[] => new Array<number>(HOP_BOUNDS_MS.length + 1).fill(0);

/** Quantile of a histogram, linear inside its bucket; what is above all bounds counts as the last bound. */
export function quantile(counts: readonly number[], q: number): number | null {
  const total = counts.reduce((a, b) => a + b, 0);
  if (total === 0) return null;
  let before = 0;
  for (const [i, count] of counts.entries()) {
    const upper = HOP_BOUNDS_MS[i];
    const lower = HOP_BOUNDS_MS[i - 1] ?? 0;
    if (before + count >= q * total && count > 0) return upper === undefined ? lower : lower + (upper - lower) * Math.max(0, Math.min(1, (q * total - before) / count));
    before += count;
  }
  return HOP_BOUNDS_MS.at(-1) ?? null;
}

/** Observations of one hop: for the report, and over the last minutes for the eye. */
class Hop {
  unreported = emptyCounts();
  private now = emptyCounts();
  private before = emptyCounts();

  add(ms: number): void {
    const at = HOP_BOUNDS_MS.findIndex((bound) => ms <= bound);
    const i = at < 0 ? HOP_BOUNDS_MS.length : at;
    for (const counts of [this.unreported, this.now]) counts[i] = (counts[i] ?? 0) + 1;
  }
  turn(): void {
    this.before = this.now;
    this.now = emptyCounts();
  }
  get figures(): HopFigures {
    const counts = this.now.map((n, i) => n + (this.before[i] ?? 0));
    return { n: counts.reduce((a, b) => a + b, 0), p50: quantile(counts, 0.5), p99: quantile(counts, 0.99) };
  }
}

/**
 * Times of a price inside the browser: from the server's sending to receipt, to the frame that shows it, to the painted pixel. The first
 * needs the server's clock: each answer to a ping gives its offset, within half the round trip; the best estimate is kept until another,
 * or its own drift, makes it the worse one. All times are of the monotonic clock; `epoch` is the wall time of its zero.
 */
export class HopTimes {
  private readonly hops: Readonly<Record<ClientHop, Hop>> = { receive: new Hop(), frame: new Hop(), paint: new Hop() };
  private best: (ClockEstimate & { readonly at: number }) | null = null;
  /** Receipt of the oldest rows that no frame has shown yet. */
  private waitingSince: number | null = null;
  private turnedAt: number;

  constructor(
    private readonly epoch: number,
    now: number,
  ) {
    this.turnedAt = now;
  }

  /** A frame arrived. `hidden`: the page is not shown, so what it takes to be painted says nothing. */
  heard(text: string, at: number, hidden = false): void {
    if (PONG.test(text)) return this.onPong(text, at);
    const sent = SENT_AT.exec(text)?.[1];
    if (sent === undefined) return;
    const clock = this.clock(at);
    if (clock) this.hops.receive.add(Math.max(0, this.epoch + at + clock.offsetMs - Number(sent)));
    if (!hidden) this.waitingSince ??= at;
  }

  /** What arrived has been handed to the page; the result takes the moment of its painting, null when there was nothing. */
  committed(at: number): ((paintedAt: number) => void) | null {
    const since = this.waitingSince;
    this.waitingSince = null;
    if (since === null) return null;
    this.hops.frame.add(at - since);
    return (paintedAt) => this.hops.paint.add(paintedAt - at);
  }

  /** The page was hidden meanwhile. */
  forget(): void {
    this.waitingSince = null;
  }

  view(now: number): HopView {
    if (now - this.turnedAt > WINDOW_MS) {
      this.turnedAt = now;
      for (const hop of Object.values(this.hops)) hop.turn();
    }
    const { receive, frame, paint } = this.hops;
    return { hops: { receive: receive.figures, frame: frame.figures, paint: paint.figures }, clock: this.clock(now) };
  }

  /** What was observed since the last report; null when there is nothing to tell. */
  report(now: number): ClientMetricsReport | null {
    const hops: Partial<Record<ClientHop, { bounds_ms: number[]; counts: number[] }>> = {};
    for (const name of ['receive', 'frame', 'paint'] as const) {
      const hop = this.hops[name];
      if (hop.unreported.some((n) => n > 0)) hops[name] = { bounds_ms: [...HOP_BOUNDS_MS], counts: hop.unreported };
      hop.unreported = emptyCounts();
    }
    const clock = this.clock(now);
    return Object.keys(hops).length === 0 ? null : { version: 1, hops, clock: clock && { offset_ms: clock.offsetMs, error_ms: clock.errorMs } };
  }

  private clock(now: number): ClockEstimate | null {
    return this.best && { offsetMs: this.best.offsetMs, errorMs: this.best.errorMs + (now - this.best.at) * DRIFT };
  }

  /** The server's answer echoes when the ping left (`t`, whole ms) and says what its clock showed. */
  private onPong(text: string, at: number): void {
    const left = Number(/"t":(\d+(?:\.\d+)?)/.exec(text)?.[1] ?? NaN);
    const server = Date.parse(/"timestamp":"([^"]{1,40})"/.exec(text)?.[1] ?? '');
    const roundTrip = at - left;
    // Answers to pings of another page, or of before a sleep, do not fit.
    if (!Number.isFinite(roundTrip) || !Number.isFinite(server) || roundTrip < -1 || roundTrip > 60_000) return;
    const errorMs = Math.max(0, roundTrip) / 2 + 1;
    const present = this.clock(at);
    if (present && present.errorMs < errorMs) return;
    this.best = { offsetMs: server - (this.epoch + left + roundTrip / 2), errorMs, at };
  }
}
