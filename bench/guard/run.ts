/** `npm run -s guard`: figures that do not depend on the machine, against their limits, and Lighthouse. Needs a build. */
import { chromiumPath } from '../../tests/support/browser';
import { run, say } from '../../scripts/process';
import { measureBundle } from '../bundle';
import { passes, printable, verdict, type Figure } from '../figure';
import { measureLighthouse } from '../lighthouse';
import { hasPeer, INSTALL_PEERS } from '../peers/installed';
import { judge } from './limits';

/** MiB of young generation: nothing of what is measured is collected meanwhile. */
const YOUNG = '256';
/** The bench asks for 98; this runs on any machine, whatever else that does. */
const PERFORMANCE = 85;

async function heapFigures(): Promise<Record<string, number>> {
  const { code, output } = await run('node', ['--expose-gc', `--min-semi-space-size=${YOUNG}`, `--max-semi-space-size=${YOUNG}`, '--import', 'tsx', 'bench/guard/heap.ts']);
  if (code !== 0) throw new Error(output);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, number>;
}

async function lighthouseFigures(): Promise<Figure[]> {
  if (chromiumPath !== null && hasPeer('lighthouse')) return measureLighthouse(PERFORMANCE);
  say(`Lighthouse is left out: it needs Chromium, and ${INSTALL_PEERS}`);
  return [];
}

const bundle = Object.fromEntries((await measureBundle()).map(({ name, value }) => [name, value]));
const figures = [...judge({ ...bundle, ...(await heapFigures()) }), ...(await lighthouseFigures())];
say(printable(figures));
process.exitCode = figures.every((figure) => passes(verdict(figure))) ? 0 : 1;
