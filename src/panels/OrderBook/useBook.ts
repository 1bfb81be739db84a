import { computed, toValue, type MaybeRefOrGetter } from 'vue';
import { KIND_LABELS, MODE_LABELS, type Label } from '@/components/kinds';
import { venueName } from '@/components/sourceWords';
import { formatAge, formatTime, zoneName } from '@/composables/format';
import { useNow } from '@/composables/useNow';
import { useSubscription } from '@/composables/useSubscription';
import { channelOf } from '@/core/contract';
import { useBookStore } from '@/stores/book';
import { useBookSettingsStore } from '@/stores/bookSettings';
import { useConnectionStore } from '@/stores/connection';
import { useMarketStore } from '@/stores/market';
import { useSettingsStore } from '@/stores/settings';
import { useVenueQuoteStore } from '@/stores/venueQuotes';
import type { BookView } from '@/stores/types';
import { useFeedLabel } from '../useFeedLabel';
import { bookVerdict } from './bookWords';

/** Where the chosen venue of a symbol comes from: the panel's own prop first, else what the user chose for every panel of the symbol. */
export interface VenueProps {
  readonly symbol: string;
  readonly venue?: string | undefined;
}

/** Venues that a symbol can be read from, and the one that was chosen. */
export function useVenueChoice(props: VenueProps) {
  const settings = useBookSettingsStore();
  const venueQuotes = useVenueQuoteStore();
  useSubscription(() => channelOf('quote', props.symbol));
  return {
    /** null = the leading one. */
    venue: computed(() => props.venue ?? settings.venue(props.symbol)),
    /** Sources with a stream; daily and asked ones have neither book nor trades. */
    venues: computed(() => {
      const streams = venueQuotes.quotes(props.symbol).filter(({ data }) => data.state !== 'none' && data.route !== 'rest' && data.route !== 'history').map((quote) => quote.venue);
      const chosen = settings.venue(props.symbol);
      return chosen === null || streams.includes(chosen) ? streams : [...streams, chosen];
    }),
    choose: (venue: string | null): void => settings.chooseVenue(props.symbol, venue),
  };
}

/** Kind of what a panel shows; the feed's own label while nothing was received. */
export function kindLabel(quality: BookView['quality'] | undefined, feed: Label): Label {
  if (quality === undefined || quality === 'live') return feed;
  return quality === 'simulated' || quality === 'replay' ? MODE_LABELS[quality] : KIND_LABELS[quality];
}

/** The order book of a symbol at the chosen venue, and what may be said of it. */
export function useBook(props: VenueProps, inSight: MaybeRefOrGetter<boolean> = true) {
  const books = useBookStore();
  const market = useMarketStore();
  const connection = useConnectionStore();
  const settings = useSettingsStore();
  const now = useNow();
  const feed = useFeedLabel('market');
  const choice = useVenueChoice(props);
  const channel = computed(() => channelOf('book', props.symbol, choice.venue.value));
  useSubscription(() => (toValue(inSight) ? channel.value : null));
  const book = computed(() => books.book(channel.value));
  const facts = computed(() => market.instrument(props.symbol));
  const verdict = computed(() => bookVerdict(book.value, market.quote(props.symbol)?.state ?? 'none', connection.streams.market.state, now.value.mono));
  const closed = computed(() => verdict.value.title === 'Market closed');
  return {
    ...choice,
    book,
    facts,
    verdict,
    /** Time of the newest change on the venue's clock with its zone, with the day once the market is closed; empty when it gives none. */
    asOf: computed(() => (book.value?.venueTime == null ? '' : `${formatTime(book.value.venueTime, settings.timeZone, closed.value ? 'dateTime' : 'time')} ${zoneName(settings.timeZone)}`)),
    /** Age in words; a closed market's book does not age. */
    age: computed(() => (closed.value ? '' : formatAge(verdict.value.ageMs))),
    base: computed(() => props.symbol.split('/')[0] ?? props.symbol),
    label: computed(() => kindLabel(book.value?.quality, feed.value)),
    venueWords: computed(() => (book.value?.venue ? venueName(book.value.venue) : '')),
  };
}
