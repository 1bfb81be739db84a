import type { FeedStateName } from '@/core/contract';
import type { InputEvent } from '@/core/market/events';
import { PLAIN_STATUS } from '../connectors/base/status';
import type { Connector, ConnectorContext, VenueStatus } from '../connectors/base/connector';
import type { FeedClock } from '../observability/clock';
import { Player } from './player';
import type { RecordingSource } from './source';

/**
 * Feeds the server itself from a recording of ours (`TICKGLASS_FEED=replay`): its values, labelled as a replay, at their times. Modes and clocks are
 * those of this server, so its states are not those of the recorded one; the page Replay gives those.
 */
export function createRecordingConnector({ context, source, speed }: { readonly context: ConnectorContext; readonly source: RecordingSource; readonly speed: number }): Connector {
  const { clock, emit } = context;
  const symbols = new Set<string>();
  let player: Player | null = null;
  let state: FeedStateName = 'off';
  let reason = 'not started';
  let lastAt: number | null = null;
  let messages = 0;
  const venues = new Set<string>();
  const feedClock: FeedClock = { now: () => player?.feedClock.now() ?? source.from, get speed() { return player?.feedClock.speed ?? 1; } };

  function say(next: FeedStateName, words: string): void {
    state = next;
    reason = words;
    for (const venue of venues) emit({ type: 'feedStatus', venue, state, reason, receiveTime: feedClock.now() });
  }
  function accept(event: InputEvent): void {
    if (event.type === 'mode' || event.type === 'clock') return;
    lastAt = clock.monotonic();
    messages += 1;
    // The head of a recording that begins in the middle holds older times: they take that of the beginning.
    const receiveTime = Math.max(event.receiveTime, source.from);
    if (event.type !== 'instrument') venues.add(event.venue);
    if (!('kind' in event)) return emit({ ...event, receiveTime });
    symbols.add(event.symbol);
    emit({ ...event, kind: 'replay', receiveTime });
  }

  return {
    id: 'replay', feedClock,
    start() {
      if (player) return;
      player = new Player({ source, clock, accept, restart: () => undefined, onEnd: () => say('ended', `the recording is over (${messages} events)`) }, speed);
      say('live', `replay of ${source.name}, ${source.words}, ${speed > 0 ? `at ${speed}x` : 'as fast as possible'}`);
      player.play();
    },
    async stop() {
      await player?.close();
      player = null;
      say('off', 'stopped');
    },
    status(): VenueStatus {
      return {
        ...PLAIN_STATUS, id: 'replay', name: 'Replay', state, reason, lastMessageAgeMs: lastAt === null ? null : clock.monotonic() - lastAt, messagesPerSecond: 0, reconnects: 0,
        clockOffsetMs: null, nextAttemptInMs: null, symbols: [...symbols],
      };
    },
  };
}
