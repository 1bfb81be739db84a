import { medianOf, type Figure } from './figure';
import type { Arrived, Dialect } from './peers/load';
import type { SubjectName, Used } from './peers/serve';
import { SYMBOLS } from './peers/subject';
import { startLoad, startSubject } from './race';

const CLIENTS = 1_000;
const ROUNDS = 3;
/** Ticks that pass while everybody is away. */
const AWAY = 5;

interface Storm {
  readonly subject: SubjectName;
  readonly dialect: Dialect;
  /** Whether clients come back with their position. */
  readonly resumes: boolean;
  /** What the frame begins with that makes a client whole. */
  readonly counts: string;
}

/** Everybody is cut off and comes back: processor time of each and time until all are whole, ms. */
async function storm({ subject, dialect, resumes, counts }: Storm): Promise<{ readonly each: { value: number; spread: number }; readonly allMs: number; readonly loopP99: number; readonly exact: boolean }> {
  const load = startLoad();
  const { server, port } = await startSubject(subject);
  const [costs, times]: [number[], number[]] = [[], []];
  let [turn, loopP99, exact] = [1, 0, true];
  try {
    // The first one makes the code hot.
    for (let round = 0; round <= ROUNDS; round++) {
      const seq = turn * SYMBOLS;
      for (let tick = 0; tick < AWAY; tick++, turn++) server.tell({ order: 'tick' });
      server.tell({ order: 'begin' });
      const started = performance.now();
      await load.ask({ order: 'open', group: { name: 'all', dialect, port, count: CLIENTS, counts, ...(resumes ? { resume: { epoch: 'bench', seq } } : {}) } });
      const arrived = await load.ask<Arrived>({ order: 'await', name: 'all', frames: 1, withinMs: 10_000 });
      const took = performance.now() - started;
      const used = await server.ask<Used>({ order: 'end' });
      await load.ask({ order: 'close', name: 'all' });
      exact &&= arrived.exact;
      if (round === 0) continue;
      costs.push(used.cpuMs / CLIENTS);
      times.push(took);
      loopP99 = Math.max(loopP99, used.loopP99);
    }
  } finally {
    await Promise.all([server.end(), load.end()]);
  }
  return { each: medianOf(costs), allMs: medianOf(times).value, loopP99, exact };
}

/** A thousand clients that come back at once, handshakes included: with what they missed, with the whole state, and as most servers do it. */
export async function measureResume(): Promise<Figure[]> {
  const naive = await storm({ subject: 'naive ws', dialect: 'naive ws', resumes: false, counts: '{"type":"i' });
  const figure = async (name: string, one: Omit<Storm, 'subject' | 'dialect'>): Promise<Figure> => {
    const { each, allMs, loopP99, exact } = await storm({ subject: 'product', dialect: 'sparse', ...one });
    const note = `all whole after ${allMs.toFixed(0)} ms, naive ws ${naive.allMs.toFixed(0)} ms; event loop p99 ${loopP99.toFixed(0)} ms`;
    return { name: `resume, ${CLIENTS} at once, ${name}`, value: exact ? each.value : NaN, spread: each.spread, unit: 'CPU ms each', peer: { name: 'naive ws, whole state', value: naive.each.value }, budget: null, bound: 'at most', note: exact ? note : 'not every client got what it was to get' };
  };
  return [await figure('with what was missed', { resumes: true, counts: '{"t":"b"' }), await figure('with the whole state', { resumes: false, counts: '{"type":"i' })];
}
