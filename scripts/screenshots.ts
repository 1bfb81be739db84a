/**
 * Makes the pictures of the README from the built app on the simulator: `npx tsx scripts/screenshots.ts [FOLDER] [--all]`.
 * `--all` makes every route at three widths, dark and light, for looking at them; the README needs three.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { findChromium } from './chromium';
import { ROOT, say } from './process';

interface Shot { readonly name: string; readonly path: string; readonly width: number; readonly height: number; readonly colorScheme: 'dark' | 'light' }

const README_SHOTS: readonly Shot[] = [
  { name: 'market', path: 'market', width: 1440, height: 900, colorScheme: 'dark' },
  { name: 'instrument', path: 'market/BTC%2FUSDT', width: 1440, height: 900, colorScheme: 'dark' },
  { name: 'analysis', path: 'analysis', width: 1440, height: 900, colorScheme: 'dark' },
];
const SIZES = [[1440, 900], [1024, 768], [390, 844]] as const;
const PATHS = ['market', 'market/BTC%2FUSDT', 'analysis', 'analysis/scorecard', 'analysis/method', 'status', 'replay', 'status/nothing-here'] as const;

const allShots = (): Shot[] => PATHS.flatMap((path) => SIZES.flatMap(([width, height]) => (['dark', 'light'] as const).map((colorScheme) =>
  ({ name: `${path.replaceAll(/[^\w]+/g, '-')}-${String(width)}-${colorScheme}`, path, width, height, colorScheme }))));

/** Starts the built server on a free port, with its URL as printed. */
function startServer(): Promise<{ url: string; stop: () => void }> {
  return new Promise((resolveServer, reject) => {
    const env = { ...process.env, TICKGLASS_PORT: '0', TICKGLASS_FEED: 'simulator', TICKGLASS_SIM_SPEED: '10', TICKGLASS_DATA_DIR: ':memory:', TICKGLASS_LOG_LEVEL: 'error' };
    const child = spawn(process.execPath, [join(ROOT, 'build/server/main.js')], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      const url = /https?:\/\/[^\s"]+:\d+/.exec(output)?.[0];
      if (url) resolveServer({ url, stop: () => child.kill('SIGTERM') });
    });
    child.once('exit', (code) => reject(new Error(`the server ended with code ${String(code)}`)));
  });
}

async function take(browser: Browser, url: string, shot: Shot, folder: string, settleMs: number): Promise<void> {
  const phone = shot.width < 500;
  const context = await browser.newContext({
    viewport: { width: shot.width, height: shot.height }, colorScheme: shot.colorScheme, deviceScaleFactor: phone ? 2 : 1, hasTouch: phone, timezoneId: 'UTC',
    // The offer of colours is for the first visit; the pictures show the second.
    storageState: { cookies: [], origins: [{ origin: url, localStorage: [{ name: 'tickglass.settings', value: JSON.stringify({ version: 1, settings: { paletteChosen: true } }) }] }] },
  });
  const page = await context.newPage();
  await page.goto(`${url}/${shot.path}`);
  await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
  // A picture is no test: some minutes of the (ten times faster) market make it worth looking at.
  await page.waitForTimeout(settleMs);
  await page.screenshot({ path: join(folder, `${shot.name}.png`) });
  await context.close();
}

async function main(args: readonly string[]): Promise<number> {
  const executablePath = findChromium();
  if (executablePath === null) {
    say('no Chromium found: set TICKGLASS_CHROMIUM, or install chromium');
    return 2;
  }
  const all = args.includes('--all');
  const folder = resolve(args.find((arg) => !arg.startsWith('-')) ?? join(ROOT, all ? 'test-results/screenshots' : 'docs/images'));
  mkdirSync(folder, { recursive: true });
  const server = await startServer();
  const browser = await chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'] });
  try {
    for (const shot of all ? allShots() : README_SHOTS) await take(browser, server.url, shot, folder, all ? 3_000 : 30_000);
    say(`pictures in ${folder}`);
    return 0;
  } finally {
    await browser.close();
    server.stop();
  }
}

process.exitCode = await main(process.argv.slice(2));
