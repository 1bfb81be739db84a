import * as v from 'valibot';
import { STREAM_NAMES } from '@/core/contract';

const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const Words = v.pipe(v.string(), v.maxLength(512));
const Ms = v.nullable(v.pipe(v.number(), v.finite()));
const Stream = v.picklist(STREAM_NAMES);
const Channels = v.pipe(v.array(v.pipe(v.string(), v.maxLength(128))), v.maxLength(256));

/** What a newcomer needs to go on with the frames of one connection. */
const Offer = v.object({
  /** Which connection: another one numbers its table rows differently. */
  link: Id,
  positions: v.record(v.string(), v.object({ epoch: v.string(), seq: v.number() })),
  layouts: v.array(v.string()),
});
export type Offer = v.InferOutput<typeof Offer>;

/** Everything tabs say to each other; `from` is the id of the tab that says it. */
const TabMessage = v.variant('k', [
  // The tab that makes the connections: it is there, it took over, it goes.
  v.object({ k: v.literal('lead'), from: Id }),
  v.object({ k: v.literal('beat'), from: Id, tabs: v.number(), latency: v.record(v.string(), Ms) }),
  v.object({ k: v.literal('bye'), from: Id }),
  v.object({ k: v.literal('frame'), from: Id, link: Id, stream: Stream, text: v.string() }),
  v.object({ k: v.literal('state'), from: Id, stream: Stream, state: v.picklist(['connecting', 'hello', 'backoff', 'offline', 'stopped']), reason: Words, inMs: Ms }),
  v.object({ k: v.literal('ready'), from: Id, to: Id, streams: v.partial(v.object({ market: Offer, signals: Offer, binary: Offer })) }),
  // The others.
  v.object({ k: v.literal('join'), from: Id, wants: Channels }),
  v.object({ k: v.literal('probe'), from: Id }),
  v.object({ k: v.literal('retry'), from: Id, stream: Stream }),
]);
export type TabMessage = v.InferOutput<typeof TabMessage>;
export type TabMessageOf<K extends TabMessage['k']> = Extract<TabMessage, { k: K }>;

/** Reads what another tab said; null when it is nothing this version knows. */
export function readTabMessage(data: unknown): TabMessage | null {
  const parsed = v.safeParse(TabMessage, data);
  return parsed.success ? parsed.output : null;
}
