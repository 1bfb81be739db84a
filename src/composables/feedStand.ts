/** Stretches in which the feed's own clock stood, monotonic ms, the newest last: a paused replay. */
const stood: { readonly from: number; to: number }[] = [];
const MOST = 50;

/** Tells whether the clock of the feed stands now. */
export function feedStands(on: boolean, now: number): void {
  const last = stood.at(-1);
  if (on && last?.to !== Infinity) stood.push({ from: now, to: Infinity });
  else if (!on && last) last.to = Math.min(last.to, now);
  if (stood.length > MOST) stood.shift();
}

/** By how much a value has grown older since it was received, ms: what is looked at while a replay rests does not age. Both times monotonic. */
export const grownSince = (since: number, now: number): number =>
  Math.max(0, stood.reduce((ms, { from, to }) => ms - Math.max(0, Math.min(now, to) - Math.max(since, from)), now - since));
