/**
 * `npm run bench [-- PART…] [--json]`: each measured figure beside its budget. Uses the built app; builds it when absent.
 * Figures move by a third with whatever else runs on the machine: close what can be closed, and compare runs of the same hour.
 */
import { cpus } from 'node:os';
import { run, say } from '../scripts/process';
import { isBuilt } from '../tests/support/serverProcess';
import { passes, printable, ratioOf, verdict, type Figure } from './figure';
import { INSTALL_PEERS, peersInstalled } from './peers/installed';

const PARTS: Readonly<Record<string, () => Promise<Figure[]>>> = {
  bundle: async () => (await import('./bundle')).measureBundle(),
  start: async () => (await import('./start')).measureStart(),
  lighthouse: async () => (await import('./lighthouse')).measureLighthouse(),
  engine: async () => (await import('./engine')).measureEngine(),
  indicators: async () => (await import('./indicators')).measureIndicators(),
  ingest: async () => (await import('./ingest')).measureIngest(),
  history: async () => (await import('./history')).measureHistory(),
  sentiment: async () => (await import('./sentiment')).measureSentiment(),
  tokens: async () => (await import('./tokens')).measureTokens(),
  fanout: async () => (await import('./fanout')).measureFanout(),
  views: async () => (await import('./views')).measureViews(),
  resume: async () => (await import('./resume')).measureResume(),
  clients: async () => (await import('./manyClients')).measureManyClients(),
  table: async () => (await import('./table')).measureTable(),
  ladder: async () => (await import('./ladder')).measureLadder(),
  chart: async () => (await import('./chart')).measureChart(),
  recording: async () => (await import('./recording')).measureRecording(),
  survive: async () => (await import('./survive')).measureSurvive(),
  soak: async () => (await import('./soak')).measureSoak(),
  'soak-clients': async () => (await import('./soakClients')).measureSoakClients(),
};
/** Takes minutes: only when it is named. */
const LONG: ReadonlySet<string> = new Set(['survive', 'soak-clients']);

async function build(): Promise<boolean> {
  for (const args of [['build'], ['build', '--config', 'vite.server.config.ts']]) {
    const result = await run('vite', args);
    if (result.code !== 0) {
      say(result.output);
      return false;
    }
  }
  return true;
}

async function measure(name: string): Promise<Figure[]> {
  try {
    return (await PARTS[name]?.()) ?? [];
  } catch (error) {
    const words = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return [{ name, value: NaN, unit: '', budget: null, bound: 'at most', note: words ?? '' }];
  }
}

async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  const unknown = wanted.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) {
    say(`no such part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
    return 2;
  }
  if (!isBuilt() && !(await build())) return 1;
  if (!peersInstalled()) process.stderr.write(`Peers are not installed; to measure against them: ${INSTALL_PEERS}\n`);
  const figures: Figure[] = [];
  for (const name of wanted.length > 0 ? wanted : Object.keys(PARTS).filter((name) => !LONG.has(name))) figures.push(...(await measure(name)));
  if (json) say(JSON.stringify({ node: process.version, cpus: cpus().length, figures: figures.map((figure) => ({ ...figure, ratio: ratioOf(figure), verdict: verdict(figure) })) }, null, 2));
  else say(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}\n\n${printable(figures)}`);
  return figures.every((figure) => passes(verdict(figure))) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
