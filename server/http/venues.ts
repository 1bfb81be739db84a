import type { StatusMessage, VenueInfo } from '@/core/contract';
import type { VenueFacts } from '@/core/engineTypes';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail } from './failure';
import { wholeMs } from './query';
import type { HttpPorts, Note, VenueState } from './ports';

/** Longest text of a reason in an answer. */
const WORDS = 512;
const NOT_RUNNING: ReadonlySet<VenueState['state']> = new Set(['off', 'ended']);

type Told = Pick<HttpPorts, 'venues' | 'sources' | 'market'>;

/** Every source with all that is known of it, the preferred first; simulator and replay last. */
export function venueInfos(ports: Told): VenueInfo[] {
  const facts = ports.market.venueFacts();
  return ports.venues().map((state) => infoOf(state, ports.sources.find((source) => source.id === state.id), facts.get(state.id)))
    .sort((a, b) => (a.priority ?? Infinity) - (b.priority ?? Infinity) || 0);
}

function infoOf(status: VenueState, source: HttpPorts['sources'][number] | undefined, facts: VenueFacts | undefined): VenueInfo {
  const { state } = status;
  const keySet = source?.keySet ?? null;
  return {
    id: status.id, name: status.name, priority: source?.priority ?? null, assetClasses: [...(source?.assetClasses ?? [])], capabilities: [...(source?.capabilities ?? [])],
    keyVariable: source?.keyVariable ?? null, keySet, attribution: source?.attribution ?? null,
    state, reason: status.reason.slice(0, WORDS), lastMessageAgeMs: wholeMs(status.lastMessageAgeMs), messagesPerSecond: status.messagesPerSecond, reconnects: status.reconnects,
    clockOffsetMs: wholeMs(status.clockOffsetMs ?? facts?.clockOffsetMs ?? null), lagMs: wholeMs(status.lagMs), nextAttemptInMs: wholeMs(status.nextAttemptInMs),
    fallback: status.fallback, circuit: status.circuit, budgets: status.budgets.map((budget) => ({ ...budget, resetsInMs: wholeMs(budget.resetsInMs) })),
    symbols: [...status.symbols], unserved: status.unserved.map(({ symbol, reason }) => ({ symbol, reason: reason.slice(0, WORDS) })),
    subscriptions: { ...status.subscriptions }, unknownMessages: status.unknownMessages,
    books: { ...facts?.books }, gapsRepaired: facts?.gapsRepaired ?? 0, leads: facts?.leads ?? 0, thin: [...(facts?.thin ?? [])], silent: [...(facts?.silent ?? [])],
    canStart: (NOT_RUNNING.has(state) || state === 'refused') && keySet !== false, canStop: !NOT_RUNNING.has(state),
  };
}

/**
 * State of the sources, and their control by an administrator. Every attempt to control one is written down, whatever came of it.
 * @param mayControl may the one who asks start and stop sources? Others are told that nothing can be started or stopped by them, and so is everybody in a replay.
 */
export function venueRoutes(app: FastifyInstance, ports: HttpPorts, note: Note, mayControl: (request: FastifyRequest) => boolean): void {
  app.get('/api/v1/venues', (request) => {
    const infos = venueInfos(ports);
    return ports.control && mayControl(request) ? infos : infos.map((info) => ({ ...info, canStart: false, canStop: false }));
  });
  for (const action of ['start', 'stop'] as const) {
    app.post<{ Params: { id: string } }>(`/api/v1/venues/:id/${action}`, async (request, reply) => {
      const write = (outcome: string): void => note(request, `venue.${action}`, outcome, request.params.id);
      try {
        return await control(ports, action, request, reply, write);
      } catch (error) {
        write('failed');
        throw error;
      }
    });
  }
}

/** Starts or stops one source; asking again for what already is changes nothing and tells nobody. */
async function control(ports: HttpPorts, action: 'start' | 'stop', request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply, note: (outcome: string) => void): Promise<unknown> {
  const { id } = request.params;
  const find = (): VenueInfo | undefined => venueInfos(ports).find((venue) => venue.id === id);
  const before = find();
  if (!before) {
    note('unknown source');
    return fail(reply, 'not_found', 'no such source runs here');
  }
  if (!ports.control) {
    note('a replay');
    return fail(reply, 'not_possible', 'a replay has no sources to start or stop');
  }
  if (action === 'start' && before.keySet === false) {
    note('no key');
    return fail(reply, 'not_possible', `${before.name} needs a key: set ${before.keyVariable ?? 'its variable'} and restart the server`);
  }
  if (!(action === 'start' ? before.canStart : before.canStop)) {
    note('no change');
    return before;
  }
  const done = await ports.control[action](id);
  if (!done.ok) {
    note(`refused: ${done.error}`);
    return fail(reply, 'not_possible', done.error);
  }
  const after = find() ?? before;
  if (action === 'start' && NOT_RUNNING.has(after.state)) {
    note('still off');
    return fail(reply, 'not_possible', `${after.name} stays off: ${after.reason}`);
  }
  note('done');
  ports.announce(announcement(action, after, ports.clock.now()));
  return after;
}

function announcement(action: 'start' | 'stop', { id, name, state }: VenueInfo, now: number): StatusMessage {
  const timestamp = new Date(now).toISOString();
  const at = `${timestamp.slice(11, 19)} UTC`;
  const message = action === 'start' ? `${name} was started by an administrator at ${at}; its values follow` : `${name} was stopped by an administrator at ${at}; it stays off until it is started again`;
  return { type: 'status', level: action === 'start' ? 'info' : 'warn', code: action === 'start' ? 'feed_started' : 'feed_stopped', source: id, state, since: timestamp, message, timestamp };
}
