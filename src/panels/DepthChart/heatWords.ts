import { formatCompact, formatPrice, formatSize, formatTime, zoneName, type Zone } from '@/composables/format';
import { HEAT_CELL, heatPrice, heatWalls, type HeatModel } from '@/core/market/depthHeat';

export interface HeatFacts {
  readonly base: string;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  readonly zone: Zone;
}

const amount = (size: number, { base, sizeDecimals }: HeatFacts): string => `${size >= 100_000 ? formatCompact(size) : formatSize(size, Math.min(sizeDecimals, 4))} ${base}`;

/** What stands in a cell. */
export function cellWords(model: HeatModel, column: number, row: number, facts: HeatFacts): string {
  const { frame, bids, asks, state, times } = model;
  const at = column * frame.rows + row;
  const [bid, ask] = [bids[at] ?? 0, asks[at] ?? 0];
  const side = bid >= ask ? 'bid' : 'ask';
  const price = formatPrice(heatPrice(frame, row, side), facts.priceDecimals);
  if (state[at] === HEAT_CELL.hole) return `${price}: no good book at this moment`;
  const time = `${formatTime(times[column] ?? null, facts.zone)} ${zoneName(facts.zone)}`;
  if (state[at] === HEAT_CELL.beyond) return `${time}, ${price}: beyond the levels that were held`;
  if (bid === 0 && ask === 0) return `${time}, ${price}: nothing`;
  return `${time}, ${price}: ${[bid > 0 ? `${amount(bid, facts)} bid` : '', ask > 0 ? `${amount(ask, facts)} offered` : ''].filter(Boolean).join(', ')}`;
}

/** The picture in a sentence: since when, and where most has stood. */
export function summaryWords(model: HeatModel, facts: HeatFacts): string {
  const held = model.times.filter((time) => !Number.isNaN(time));
  const [first, last] = [held[0], held.at(-1)];
  if (first === undefined || last === undefined) return 'No good book yet';
  const { bid, ask } = heatWalls(model);
  const wall = (name: string, found: typeof bid): string => (found ? `most ${name} at ${formatPrice(found.price, facts.priceDecimals)} (${amount(found.mean, facts)} on average)` : '');
  const walls = [wall('bid', bid), wall('offered', ask)].filter(Boolean).join(', ');
  return `Since ${formatTime(first, facts.zone)} ${zoneName(facts.zone)}${walls ? `: ${walls}` : ''}`;
}
