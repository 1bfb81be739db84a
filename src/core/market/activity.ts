import type { ActivityName } from '../contract';
import type { SessionState } from './calendar';
import type { SessionNow } from './sessions';

const MINUTE = 60_000;
/** Weight of the newest minute in the usual rate; the first ten weigh alike. About ten minutes make a new habit. */
const LEARN = 0.1;
/** Share of the longest gap that is remembered from minute to minute. */
const FORGET = 0.9;
/** A stream is judged from this many messages on. */
const LEAST_MESSAGES = 3;
/** Nothing is called silent before, ms. */
const LEAST_SILENCE_MS = 10_000;
const USUAL_GAPS = 3;
const LONGEST_GAPS = 2;
/** Thin = below this share of the usual rate, told only of streams with this many messages a minute: fewer vary as much by chance. */
const THIN_SHARE = 0.2;
const THIN_FROM = 20;
/** Minutes without a message that are learned at once, at most. */
const MOST_EMPTY = 60;

const SESSION_STATES: readonly SessionState[] = ['open', 'pre', 'post', 'closed'];

interface Habit {
  /** Messages a minute. */
  rate: number;
  minutes: number;
}

/**
 * How a stream flows, against its own habit: a moving average of its messages per minute of feed time, one for each state of the
 * session. It is
 * - `silent` when nothing came for the longest of 10 s, 3 x its usual gap and 2 x its longest gap of late (which fades by a tenth
 *   a minute): bursts and pauses of a thin pair are its habit;
 * - `thin` when the last minute brought less than a fifth of the usual 20 or more messages.
 *
 * Time without a connection, time called silent and time of another session teach nothing. What lasts becomes usual: a gap counts
 * up to the limit it broke, so each one of a kind doubles the next limit. Bounded: a few numbers, whatever comes.
 */
export class Activity {
  private readonly habits: readonly Habit[] = SESSION_STATES.map(() => ({ rate: 0, minutes: 0 }));
  private session: SessionState = 'open';
  private minuteStart = -Infinity;
  private minuteEnd = -Infinity;
  private count = 0;
  /** Messages of the minute before; NaN when it was not watched whole. */
  private before = NaN;
  private messages = 0;
  private lastTime = -Infinity;
  private gap = 0;
  private longest = 0;

  /** A message came. */
  take(now: number, session: SessionState): void {
    if (now >= this.minuteEnd || session !== this.session) this.turn(now, session);
    const gap = now - this.lastTime;
    if (gap > this.gap) this.gap = Math.min(gap, this.limit(now));
    this.lastTime = now;
    this.messages += 1;
    this.count += 1;
  }

  /** The connection was lost: what is missing until the next message is no habit. */
  pause(): void {
    this.minuteEnd = -Infinity;
    this.minuteStart = -Infinity;
    this.lastTime = Infinity;
  }

  /** Messages in the last 60 s, the minute before taken as even; null before the first whole minute. */
  perMinute(now: number): number | null {
    const part = (now - this.minuteStart) / MINUTE;
    if (!(part >= 0 && part < Infinity)) return null;
    if (part >= 2) return 0;
    if (part >= 1) return this.count * (2 - part);
    return Number.isNaN(this.before) ? null : this.before * (1 - part) + this.count;
  }

  /** Messages a minute as usual in this state of the session; null before the first whole minute. */
  usual(now: number, session: SessionState): number | null {
    const habit = this.habits[SESSION_STATES.indexOf(session)];
    if (habit && habit.minutes > 0) return habit.rate;
    return session === this.session && this.minuteStart > -Infinity && now >= this.minuteEnd ? this.count : null;
  }

  /** @param connectedSince feed time since which the venue is connected; null while it is not. */
  state(now: number, session: SessionNow, connectedSince: number | null): ActivityName {
    const usual = this.usual(now, session.state);
    if (connectedSince === null || session.state === 'closed' || usual === null || this.messages < LEAST_MESSAGES) return 'unknown';
    const heard = this.lastTime === Infinity ? -Infinity : this.lastTime;
    if (now - Math.max(heard, session.from, connectedSince) > this.limit(now, session.state)) return 'silent';
    const rate = this.perMinute(now);
    return rate !== null && usual >= THIN_FROM && rate < THIN_SHARE * usual && now - Math.max(session.from, connectedSince) >= MINUTE ? 'thin' : 'usual';
  }

  /** Silence beyond this is not its habit, ms; Infinity while that is not known. */
  private limit(now: number, session = this.session): number {
    const usual = this.usual(now, session);
    if (usual === null || this.messages < LEAST_MESSAGES) return Infinity;
    return Math.max(LEAST_SILENCE_MS, (USUAL_GAPS * MINUTE) / usual, LONGEST_GAPS * Math.max(this.gap, this.longest));
  }

  /** Another minute began, or another session. */
  private turn(now: number, session: SessionState): void {
    const goesOn = session === this.session && this.minuteEnd > -Infinity;
    if (goesOn) {
      const empty = Math.floor((now - this.minuteEnd) / MINUTE);
      const broken = now - this.lastTime > this.limit(now);
      this.learn(this.count);
      if (!broken) for (let i = Math.min(empty, MOST_EMPTY); i > 0; i -= 1) this.learn(0);
      this.before = empty > 0 ? 0 : this.count;
      this.minuteStart = this.minuteEnd + empty * MINUTE;
    } else {
      this.before = NaN;
      this.minuteStart = now;
      this.lastTime = now;
      this.session = session;
    }
    this.minuteEnd = this.minuteStart + MINUTE;
    this.count = 0;
    this.longest = Math.max(this.gap, FORGET * this.longest);
    this.gap = 0;
  }

  private learn(count: number): void {
    const habit = this.habits[SESSION_STATES.indexOf(this.session)];
    if (!habit) return;
    habit.minutes += 1;
    habit.rate += (count - habit.rate) * Math.max(LEARN, 1 / habit.minutes);
  }
}
