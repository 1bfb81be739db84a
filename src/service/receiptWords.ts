import type { ReceiptMessage } from '@/core/contract';
import { channelName } from './channelName';

/** Channels named in one line. */
const MOST_NAMES = 3;
const NOTHING = 'nothing was missed';

const many = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** What a receipt says of its channel; empty when there is nothing to tell. */
function outcomeWords({ outcome, reason, missed, replayed, lost }: ReceiptMessage): string {
  if (reason === 'fresh') return '';
  if (lost > 0) return `${many(lost, 'item')} missed for good; a gap is shown`;
  if (outcome === 'current') return NOTHING;
  if (outcome === 'delta') return `missed ${many(missed ?? replayed, 'change')}, all made up for`;
  return `loaded anew, ${reason === 'epoch_changed' ? 'the numbering restarted' : 'too much was missed to replay'}; steps in between are not shown`;
}

/** One line for everything an interruption of a stream cost: channels of the same fate together, those that missed nothing only when all did. */
export function reunionWords(receipts: readonly ReceiptMessage[]): string {
  const fates = new Map<string, string[]>();
  for (const receipt of receipts) {
    const words = outcomeWords(receipt);
    if (words) fates.set(words, [...(fates.get(words) ?? []), channelName(receipt.channel)]);
  }
  if (fates.size > 1) fates.delete(NOTHING);
  return [...fates].map(([words, names]) => `${names.slice(0, MOST_NAMES).join(', ')}${names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''}: ${words}`).join('. ');
}

/** A receipt that no interruption was told of: only what cannot be made up for is worth a line. */
export function receiptWords(receipt: ReceiptMessage): string {
  return receipt.lost > 0 ? reunionWords([receipt]) : '';
}

const WORST = ['current', 'delta', 'snapshot'] as const;
/** Which of two receipts of one interruption cost more. */
export function worseReceipt(a: ReceiptMessage, b: ReceiptMessage): ReceiptMessage {
  const cost = ({ lost, outcome, missed, reason }: ReceiptMessage): readonly number[] => [lost, reason === 'fresh' ? -1 : WORST.indexOf(outcome), missed ?? 0];
  const [x, y] = [cost(a), cost(b)];
  const i = x.findIndex((n, at) => n !== y[at]);
  return i < 0 || (x[i] ?? 0) < (y[i] ?? 0) ? b : a;
}
