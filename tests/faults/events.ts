import type { ServerProcess } from '../support/serverProcess';

type Line = Readonly<Record<string, unknown>>;

/** A class of events: which lines of the log tell of it, which counter counts it, and what tells its kinds apart in both. */
interface EventClass {
  readonly metric: string;
  readonly is: (line: Line) => boolean;
  readonly kind: (line: Line) => string;
  /** Labels of the counter that make up the kind, in its order. */
  readonly labels: readonly string[];
}

const says = (words: string) => (line: Line): boolean => line['msg'] === words;
const text = (line: Line, ...names: readonly string[]): string => names.map((name) => String(line[name])).join(' ');
const refusal = (line: Line): boolean => line['audit'] === true && !/^(done|\d{3})$/.test(text(line, 'outcome'));
const outcome = (line: Line): string => text(line, 'outcome').split(' ')[0] ?? '';
const ofStream = (line: Line): boolean => text(line, 'action').startsWith('stream');

/** Criterion (f) of the matrix: each event is one line and one step of one counter. A line that stands for a flood says for how many. */
const CLASSES: readonly EventClass[] = [
  { metric: 'tickglass_client_closes_total', is: says('client gone'), kind: (line) => text(line, 'code'), labels: ['code'] },
  { metric: 'tickglass_client_errors_total', is: says('a message of a client was refused'), kind: (line) => text(line, 'code'), labels: ['code'] },
  { metric: 'tickglass_upgrades_refused_total', is: (line) => refusal(line) && ofStream(line), kind: outcome, labels: ['reason'] },
  { metric: 'tickglass_requests_refused_total', is: (line) => refusal(line) && !ofStream(line), kind: () => '', labels: [] },
  { metric: 'tickglass_venue_reconnects_total', is: says('a connection to a source changed'), kind: (line) => text(line, 'venue', 'reason'), labels: ['venue', 'reason'] },
  { metric: 'tickglass_venue_state_changes_total', is: says('a source changed its state'), kind: (line) => text(line, 'venue', 'state'), labels: ['venue', 'state'] },
  { metric: 'tickglass_mode_changes_total', is: says('the kind of the market shown'), kind: (line) => text(line, 'mode'), labels: ['mode'] },
  { metric: 'tickglass_books_broken_total', is: says('an order book cannot be trusted'), kind: (line) => text(line, 'venue', 'state'), labels: ['venue', 'state'] },
  { metric: 'tickglass_refused_inputs_total', is: says('a value of a source was refused'), kind: (line) => text(line, 'venue', 'code'), labels: ['venue', 'code'] },
  { metric: 'tickglass_history_state_changes_total', is: (line) => /^history can(not)? be written/.test(text(line, 'msg')), kind: (line) => (text(line, 'msg').startsWith('history cannot') ? 'degraded' : 'ok'), labels: ['state'] },
];

/** How often each kind of event happened, by the log and by the counters of one server: those that differ, in words, and the sum of all. */
export async function eventsOf(server: ServerProcess, token = ''): Promise<{ readonly differ: readonly string[]; readonly events: number }> {
  const counters = await (await fetch(`${server.url}/metrics`, token === '' ? {} : { headers: { authorization: `Bearer ${token}` } })).text();
  const lines: readonly Line[] = server.output().split('\n').flatMap((one): Line[] => read(one));
  const told = new Map<string, number>();
  const counted = new Map<string, number>();
  const add = (sums: Map<string, number>, key: string, times: number): void => void sums.set(key, (sums.get(key) ?? 0) + times);
  for (const { metric, is, kind, labels } of CLASSES) {
    for (const line of lines) if (is(line)) add(told, `${metric} ${kind(line)}`, typeof line['times'] === 'number' ? line['times'] : 1);
    for (const [, found = '', value] of counters.matchAll(new RegExp(`^${metric}\\{(.*)\\} (\\d+)$`, 'gm'))) {
      const label = (name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(found)?.[1] ?? '';
      add(counted, `${metric} ${labels.map(label).join(' ')}`, Number(value));
    }
  }
  const differ = [...new Set([...told.keys(), ...counted.keys()])].filter((key) => (told.get(key) ?? 0) !== (counted.get(key) ?? 0));
  return { differ: differ.map((key) => `${key}: ${told.get(key) ?? 0} by the log, ${counted.get(key) ?? 0} counted`), events: [...counted.values()].reduce((sum, n) => sum + n, 0) };
}

function read(one: string): Line[] {
  if (!one.startsWith('{')) return [];
  try {
    return [JSON.parse(one) as Line];
  } catch (error) {
    // The last line may be under way.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
