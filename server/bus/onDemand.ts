import type { ParsedChannel } from '@/core/contract';

/** Is this channel made only while somebody wants it (Bus.want)? Books, quotes per venue, and everything of one venue. */
export function madeOnDemand(channel: ParsedChannel): boolean {
  return channel.family === 'book' || channel.family === 'quote' || channel.venue !== null;
}
