import { venueName } from '@/components/sourceWords';
import type { StreamView, TabsView } from '@/stores/types';
import { STREAM_TITLES } from './streamWords';

/** A resume receipt in one sentence: what was missed and what came back. */
export function receiptWords(receipt: StreamView['lastReceipt']): string {
  if (!receipt) return 'No interruption so far';
  const lost = receipt.lost > 0 ? `${String(receipt.lost)} lost for good` : '';
  if (receipt.outcome === 'current') return 'Nothing was missed';
  if (receipt.outcome === 'delta') {
    const missed = receipt.missed === null ? '' : `Missed ${String(receipt.missed)} changes, `;
    return lost ? `${missed}${String(receipt.replayed)} replayed, ${lost}` : `${missed}${missed ? 'all' : `${String(receipt.replayed)} changes`} replayed`;
  }
  const why = receipt.reason === 'epoch_changed' ? 'the server started anew' : receipt.reason === 'too_old' ? 'the pause was too long to replay' : '';
  if (receipt.reason === 'fresh') return 'First load, nothing missed';
  return `State loaded whole${why ? `: ${why}` : ''}; steps between are gone${lost ? `, ${lost}` : ''}`;
}

/** Name of a part in the activity log: a stream, a venue, or the app itself. */
export function sourceName(source: string): string {
  if (source === 'market' || source === 'signals' || source === 'binary') return STREAM_TITLES[source];
  return source === 'app' ? 'This page' : source === 'server' ? 'Server' : venueName(source);
}

/** Who makes the connections when several tabs are open; empty when this is the only one. */
export function tabsWords({ role, others }: TabsView): string {
  if (role === 'alone') return '';
  const tabs = others === 1 ? 'one other tab' : `${String(others)} other tabs`;
  return role === 'leads' ? `This tab shares its connections with ${tabs}.` : `Shared with ${tabs}: the connections are made by one of them. When it goes, this tab takes over.`;
}
