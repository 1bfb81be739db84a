import type { DataKind, FeedMode } from '@/core/contract';

export interface Label { readonly tag: string; readonly words: string; readonly tone: 'plain' | 'violet' | 'amber' }

/** What the server as a whole shows, as the top bar and the panels name it. */
export const MODE_LABELS: Readonly<Record<FeedMode | 'unknown', Label>> = {
  live: { tag: 'LIVE', words: 'Real market data', tone: 'plain' },
  mixed: { tag: 'PART LIVE', words: 'Some symbols are live, others simulated; each row says which', tone: 'violet' },
  simulated: { tag: 'SIMULATED', words: 'Invented numbers from the built-in simulator, not a market', tone: 'violet' },
  replay: { tag: 'REPLAY', words: 'A recording of past market data, not the present market', tone: 'violet' },
  none: { tag: 'NO FEED', words: 'No source has given a price yet', tone: 'amber' },
  unknown: { tag: 'NO FEED', words: 'Waiting for the server to say what feeds it', tone: 'amber' },
};

/** Kind of one value. `live` needs no mark: it is the rule, not the exception. */
export const KIND_LABELS: Readonly<Record<DataKind | 'unknown', Label>> = {
  live: { tag: 'LIVE', words: 'live', tone: 'plain' },
  delayed: { tag: 'DELAYED', words: 'delayed by the source', tone: 'amber' },
  simulated: { tag: 'SIM', words: 'simulated', tone: 'violet' },
  replay: { tag: 'REPLAY', words: 'replayed from a recording', tone: 'violet' },
  unknown: { tag: 'UNKNOWN', words: 'of unknown quality', tone: 'amber' },
};
