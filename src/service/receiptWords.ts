import type { ReceiptMessage } from '@/core/contract';
import { channelName } from './channelName';

const many = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** A receipt in words for the activity log; empty when there is nothing to tell. */
export function receiptWords({ channel, outcome, reason, missed, replayed, lost }: ReceiptMessage): string {
  if (reason === 'fresh') return '';
  const name = channelName(channel);
  if (lost > 0) return `${name}: ${many(lost, 'item')} missed for good; a gap is shown`;
  if (outcome === 'current') return `${name}: nothing was missed`;
  if (outcome === 'delta') return `${name}: missed ${many(missed ?? replayed, 'change')}, all made up for`;
  const why = reason === 'epoch_changed' ? 'the numbering restarted' : 'too much was missed to replay';
  return `${name}: loaded anew, ${why}; steps in between are not shown`;
}
