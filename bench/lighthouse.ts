import { freePort, startServer } from '../tests/support/serverProcess';
import { launchBrowser } from '../tests/support/browser';
import type { Figure } from './figure';

const PAGES = ['market', 'analysis'] as const;
const NAMES = { performance: 'performance', accessibility: 'accessibility', 'best-practices': 'best practices', seo: 'seo' } as const;
type Category = keyof typeof NAMES;

/** What is read of an answer of Lighthouse. */
interface Lighthouse {
  default(url: string, flags: object, config: unknown): Promise<{ lhr: { categories: Record<string, { score: number | null }>; audits: Record<string, { displayValue?: string }> } } | undefined>;
  readonly desktopConfig: unknown;
}

/** What the performance of a page was judged by. */
const TOLD = { 'first-contentful-paint': 'first paint', 'largest-contentful-paint': 'largest', 'total-blocking-time': 'blocked', 'cumulative-layout-shift': 'shift' } as const;

async function audit(lighthouse: Lighthouse, url: string, port: number, least: Readonly<Record<Category, number>>): Promise<Figure[]> {
  const result = await lighthouse.default(url, { port, logLevel: 'silent', output: 'json', disableFullPageScreenshot: true, onlyCategories: Object.keys(NAMES) }, lighthouse.desktopConfig);
  const told = Object.entries(TOLD).map(([id, words]) => `${words} ${(result?.lhr.audits[id]?.displayValue ?? '?').replaceAll('\u00a0', ' ')}`).join(', ');
  return (Object.keys(NAMES) as Category[]).map((id) => ({
    name: `Lighthouse, /${new URL(url).pathname.slice(1)}: ${NAMES[id]}`, value: (result?.lhr.categories[id]?.score ?? NaN) * 100, unit: 'of 100', budget: least[id], bound: 'at least', ...(id === 'performance' ? { note: told } : {}),
  }));
}

/** The built pages on the simulator as Lighthouse sees them on a desk. `performance`: the least that is accepted; it falls on a busy machine. */
export async function measureLighthouse(performance = 98): Promise<Figure[]> {
  const least = { performance, accessibility: 98, 'best-practices': 98, seo: 98 };
  // It is no package of the product (bench/package.json): its types are not there where it is not installed.
  const name = 'lighthouse';
  const lighthouse = (await import(name)) as Lighthouse;
  const port = await freePort();
  const [server, browser] = await Promise.all([startServer(), launchBrowser([`--remote-debugging-port=${String(port)}`])]);
  try {
    const figures: Figure[] = [];
    for (const page of PAGES) figures.push(...(await audit(lighthouse, `${server.url}/${page}`, port, least)));
    return figures;
  } finally {
    await Promise.all([browser.close(), server.stop()]);
  }
}
