import type { ParsedChannel } from '@/core/contract';

/** Is this channel made only while somebody wants it (Bus.want)? Books, quotes per venue, forecasts for 10 s, and everything of one venue. */
export function madeOnDemand(channel: ParsedChannel): boolean {
  return channel.family === 'book' || channel.family === 'quote' || channel.family === 'binary10' || channel.venue !== null;
}
